/* Layers over the rows of a stream: any number of them at once, each one once. */
#ifndef LS_ROWS_H
#define LS_ROWS_H

#include "ls_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows that a layer can compute of those held: one hears span of them, the next begins stride later. */
int32_t ls_rows_due(int32_t held, int32_t span, int32_t stride);
/* Leave out the oldest rows, of width bytes each; returns how many are held then. */
int32_t ls_rows_keep(int8_t *rows, int32_t width, int32_t held, int32_t left_out);

/* A layer of a window, over some rows of it. */
void ls_conv_2d_rows(
    const ls_convolution *layer, int32_t rows, const int8_t *in, int8_t *out, int8_t *patches);
void ls_depthwise_conv_2d_rows(
    const ls_convolution *layer, int32_t rows, const int8_t *in, int8_t *out, int8_t *patches);
void ls_add_rows(
    const ls_pair *layer, int32_t rows, int32_t width, const int8_t *a, const int8_t *b, int8_t *out);

#ifdef __cplusplus
}
#endif

#endif
