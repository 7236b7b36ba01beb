/* Integer layers, bit for bit those of TFLite's reference kernels and of TFLite Micro.
 *
 * Pictures are int8, channels last, one at a time: [height][width][channels]. Every function reads
 * what its layer says and writes its output; nothing is allocated, nothing is kept.
 */
#ifndef LS_KERNELS_H
#define LS_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a 32-bit sum becomes an int8: times multiplier / 2^31, times 2^shift, plus zero, clamped. */
typedef struct {
    int32_t multiplier, shift;
} ls_scale;

typedef struct {
    int32_t zero, low, high;
} ls_range;

/* Where a window reads: a picture, a kernel, its steps, and the padding above and to the left. */
typedef struct {
    int32_t in_h, in_w, in_c, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_h, pad_w;
} ls_window;

/* The bias holds what the input's zero point adds. Weights: [out_c][kernel_h][kernel_w][in_c]; of
 * a depthwise convolution: [kernel_h][kernel_w][in_c], and out_c is in_c. */
typedef struct {
    ls_window window;
    int32_t out_c, in_zero;
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multipliers; /* of the scales of the channels, apart from the shifts, which are */
    const int8_t *shifts;       /* small: a pair of them would fill eight bytes */
    ls_range out;
} ls_convolution;

static inline ls_scale ls_scale_of(const ls_convolution *layer, int32_t channel) {
    const ls_scale scale = {layer->multipliers[channel], layer->shifts[channel]};
    return scale;
}

typedef struct {
    ls_window window;
    ls_range out;
} ls_pool;

/* Views the input as [outer][count][inner] and reduces count. */
typedef struct {
    int32_t outer, count, inner, in_zero;
    ls_scale scale;
    ls_range out;
} ls_reduction;

/* Two operands of up to four axes; a stride of 0 repeats an operand along an axis. */
typedef struct {
    int32_t shape[4], a_stride[4], b_stride[4];
    int32_t a_zero, b_zero;
    ls_scale a, b, result; /* a product uses only the last */
    ls_range out;
} ls_pair;

typedef struct {
    int32_t size, in_zero;
    ls_scale scale;
    ls_range out;
} ls_rescale;

/* Copies bytes to [shape] of out from in, each with its strides; what is left is set to fill. */
typedef struct {
    int32_t shape[4], in_stride[4], out_stride[4];
    int32_t in_start, out_start, fill_size, fill;
} ls_copy;

/* patches: 2 * kernel_h * kernel_w * in_c bytes. A convolution of 1 x 1 whose output is not wider
 * than its input may write over it. */
void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches);
/* patches: kernel_h * kernel_w * in_c bytes. */
void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches);
void ls_average_pool_2d(const ls_pool *layer, const int8_t *in, int8_t *out);
void ls_max_pool_2d(const ls_pool *layer, const int8_t *in, int8_t *out);
void ls_mean(const ls_reduction *layer, const int8_t *in, int8_t *out);
void ls_reduce_max(const ls_reduction *layer, const int8_t *in, int8_t *out);
/* The output may lie on an operand of the same size. */
void ls_add(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out);
void ls_mul(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out);
void ls_quantize(const ls_rescale *layer, const int8_t *in, int8_t *out);
void ls_move(const ls_copy *layer, const int8_t *in, int8_t *out);

#ifdef __cplusplus
}
#endif

#endif
