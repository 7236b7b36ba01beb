#include "ls_rows.h"

#include <string.h>

int32_t ls_rows_due(int32_t held, int32_t span, int32_t stride) {
    return held < span ? 0 : (held - span) / stride + 1;
}

int32_t ls_rows_keep(int8_t *rows, int32_t width, int32_t held, int32_t left_out) {
    if (left_out <= 0) {
        return held;
    }
    memmove(rows, rows + left_out * width, (size_t)((held - left_out) * width));
    return held - left_out;
}

static ls_convolution over_rows(const ls_convolution *layer, int32_t rows) {
    ls_convolution some = *layer;
    const int32_t span = (some.window.kernel_h - 1) * some.window.dilation_h + 1;
    some.window.in_h = (rows - 1) * some.window.stride_h + span;
    some.window.out_h = rows;
    return some;
}

void ls_conv_2d_rows(
    const ls_convolution *layer, int32_t rows, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_convolution some = over_rows(layer, rows);
    ls_conv_2d(&some, in, out, patches);
}

void ls_depthwise_conv_2d_rows(
    const ls_convolution *layer, int32_t rows, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_convolution some = over_rows(layer, rows);
    ls_depthwise_conv_2d(&some, in, out, patches);
}

void ls_add_rows(
    const ls_pair *layer, int32_t rows, int32_t width, const int8_t *a, const int8_t *b, int8_t *out) {
    ls_pair some = *layer;
    some.shape[3] = rows * width;
    ls_add(&some, a, b, out);
}
