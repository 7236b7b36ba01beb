#include "ls_kernels.h"

#include <stddef.h>
#include <string.h>

#include "ls_integers.h"

/* Else in ls_smlad.c, ls_vectors.c, ls_simd128.c. */
#if !defined LS_SMLAD && !defined LS_VECTORS && !defined __wasm_simd128__
/* Two patches times two filters: each byte that is loaded serves twice. */
static void products(
    const int8_t *a, const int8_t *b, const int8_t *v, const int8_t *w, int32_t n, int32_t sum[4]) {
    int32_t av = 0, aw = 0, bv = 0, bw = 0;
    for (int32_t i = 0; i < n; ++i) {
        av += a[i] * v[i];
        aw += a[i] * w[i];
        bv += b[i] * v[i];
        bw += b[i] * w[i];
    }
    sum[0] = av;
    sum[1] = aw;
    sum[2] = bv;
    sum[3] = bw;
}

static int8_t output(const ls_convolution *layer, int32_t channel, int32_t sum) {
    return ranged(scaled(sum + layer->bias[channel], ls_scale_of(layer, channel)), layer->out);
}

void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w, channels = layer->out_c;
    for (int32_t p = 0; p < positions; p += 2) {
        const ls_two at = two_patches(layer, in, out, p, n, patches);
        for (int32_t c = 0; c < channels; c += 2) {
            const int32_t d = min_of(c + 1, channels - 1);
            int32_t sum[4];
            products(at.a, at.b, layer->weights + c * n, layer->weights + d * n, n, sum);
            out[at.p * channels + c] = output(layer, c, sum[0]);
            out[at.p * channels + d] = output(layer, d, sum[1]);
            out[at.q * channels + c] = output(layer, c, sum[2]);
            out[at.q * channels + d] = output(layer, d, sum[3]);
        }
    }
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w;
    for (int32_t p = 0; p < positions; ++p) {
        const int8_t *a = patch(window, in, p, layer->in_zero, patches);
        for (int32_t c = 0; c < layer->out_c; ++c) {
            int32_t sum = 0;
            for (int32_t i = c; i < n; i += layer->out_c) {
                sum += a[i] * layer->weights[i];
            }
            *out++ = output(layer, c, sum);
        }
    }
}

#endif

/* The rows and columns of a window that lie in the picture. */
typedef struct {
    int32_t top, bottom, left, right;
} ls_box;

static ls_box inside(const ls_window *w, int32_t position) {
    const int32_t top = position / w->out_w * w->stride_h - w->pad_h;
    const int32_t left = position % w->out_w * w->stride_w - w->pad_w;
    const ls_box box = {
        max_of(top, 0), min_of(top + w->kernel_h, w->in_h),
        max_of(left, 0), min_of(left + w->kernel_w, w->in_w)};
    return box;
}

void ls_average_pool_2d(const ls_pool *layer, const int8_t *in, int8_t *out) {
    const ls_window *w = &layer->window;
    for (int32_t p = 0; p < w->out_h * w->out_w; ++p) {
        const ls_box box = inside(w, p);
        const int32_t count = (box.bottom - box.top) * (box.right - box.left);
        for (int32_t c = 0; c < w->in_c; ++c) {
            int32_t sum = 0;
            for (int32_t y = box.top; y < box.bottom; ++y) {
                for (int32_t x = box.left; x < box.right; ++x) {
                    sum += in[(y * w->in_w + x) * w->in_c + c];
                }
            }
            *out++ = ranged((sum + (sum > 0 ? count / 2 : -(count / 2))) / count, layer->out);
        }
    }
}

void ls_max_pool_2d(const ls_pool *layer, const int8_t *in, int8_t *out) {
    const ls_window *w = &layer->window;
    for (int32_t p = 0; p < w->out_h * w->out_w; ++p) {
        const ls_box box = inside(w, p);
        for (int32_t c = 0; c < w->in_c; ++c) {
            int32_t most = INT8_MIN;
            for (int32_t y = box.top; y < box.bottom; ++y) {
                for (int32_t x = box.left; x < box.right; ++x) {
                    most = max_of(most, in[(y * w->in_w + x) * w->in_c + c]);
                }
            }
            *out++ = ranged(most, layer->out);
        }
    }
}

void ls_mean(const ls_reduction *layer, const int8_t *in, int8_t *out) {
    for (int32_t o = 0; o < layer->outer; ++o, in += layer->count * layer->inner) {
        for (int32_t i = 0; i < layer->inner; ++i) {
            const int8_t *at = in + i;
            int32_t sum = -layer->in_zero * layer->count;
            for (int32_t left = layer->count; left > 0; --left, at += layer->inner) {
                sum += *at;
            }
            *out++ = ranged(scaled(sum, layer->scale), layer->out);
        }
    }
}

void ls_reduce_max(const ls_reduction *layer, const int8_t *in, int8_t *out) {
    for (int32_t o = 0; o < layer->outer; ++o, in += layer->count * layer->inner) {
        for (int32_t i = 0; i < layer->inner; ++i) {
            const int8_t *at = in + i;
            int32_t most = INT8_MIN;
            for (int32_t left = layer->count; left > 0; --left, at += layer->inner) {
                most = max_of(most, *at);
            }
            *out++ = (int8_t)most;
        }
    }
}

static inline int8_t sum_of(const ls_pair *layer, int32_t a, int32_t b) {
    /* 20 bits of headroom before the operands come to a common scale, as TFLite has them. */
    const int32_t wide_a = (a - layer->a_zero) * (1 << 20), wide_b = (b - layer->b_zero) * (1 << 20);
    const int32_t sum = scaled(wide_a, layer->a) + scaled(wide_b, layer->b);
    return ranged(scaled(sum, layer->result), layer->out);
}

static inline int8_t product_of(const ls_pair *layer, int32_t a, int32_t b) {
    return ranged(scaled((a - layer->a_zero) * (b - layer->b_zero), layer->result), layer->out);
}

static int32_t offset(const int32_t stride[4], int32_t i, int32_t j, int32_t k) {
    return i * stride[0] + j * stride[1] + k * stride[2];
}

typedef int8_t ls_operation(const ls_pair *layer, int32_t a, int32_t b);

/* The layer is copied, since a compiler must assume that out may lie on it. */
static inline void each_pair(
    const ls_pair *given, const int8_t *a, const int8_t *b, int8_t *out, ls_operation *operation) {
    const ls_pair copy = *given, *const layer = &copy;
    for (int32_t i = 0; i < layer->shape[0]; ++i) {
        for (int32_t j = 0; j < layer->shape[1]; ++j) {
            for (int32_t k = 0; k < layer->shape[2]; ++k) {
                const int8_t *from_a = a + offset(layer->a_stride, i, j, k);
                const int8_t *from_b = b + offset(layer->b_stride, i, j, k);
                for (int32_t l = 0; l < layer->shape[3]; ++l) {
                    *out++ = operation(layer, *from_a, *from_b);
                    from_a += layer->a_stride[3];
                    from_b += layer->b_stride[3];
                }
            }
        }
    }
}

void ls_add(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out) {
#if defined LS_SMLAD || defined __wasm_simd128__
    if (ls_add_flat(layer, a, b, out)) {
        return;
    }
#endif
    each_pair(layer, a, b, out, sum_of);
}

void ls_mul(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    each_pair(layer, a, b, out, product_of);
}

void ls_quantize(const ls_rescale *layer, const int8_t *in, int8_t *out) {
    for (int32_t i = 0; i < layer->size; ++i) {
        out[i] = ranged(scaled(in[i] - layer->in_zero, layer->scale), layer->out);
    }
}

void ls_move(const ls_copy *layer, const int8_t *in, int8_t *out) {
    memset(out, layer->fill, (size_t)layer->fill_size);
    in += layer->in_start;
    out += layer->out_start;
    for (int32_t i = 0; i < layer->shape[0]; ++i) {
        for (int32_t j = 0; j < layer->shape[1]; ++j) {
            for (int32_t k = 0; k < layer->shape[2]; ++k) {
                const int8_t *from = in + offset(layer->in_stride, i, j, k);
                int8_t *to = out + offset(layer->out_stride, i, j, k);
                for (int32_t l = 0; l < layer->shape[3]; ++l) {
                    to[l * layer->out_stride[3]] = from[l * layer->in_stride[3]];
                }
            }
        }
    }
}
