/* What integer layers compute with, the same in every file of them. */
#ifndef LS_INTEGERS_H
#define LS_INTEGERS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ls_kernels.h"
#include "ls_pairs.h"

static inline int32_t min_of(int32_t a, int32_t b) { return a < b ? a : b; }

static inline int32_t max_of(int32_t a, int32_t b) { return a > b ? a : b; }

#if defined LS_SMLAD || defined __wasm_simd128__
/* Adds two of one shape where it can; returns whether it did. */
int ls_add_flat(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out);
#endif

#ifdef LS_SMLAD
/* A scale at hand, for values below 2^30 that it does not shift to the left. */
typedef struct {
    int32_t multiplier, right, half, sign;
} ls_narrowing;

static inline ls_narrowing narrowing(ls_scale scale) {
    const int32_t right = -scale.shift, some = right > 0;
    const ls_narrowing by = {scale.multiplier, right, (some << right) >> 1, -some};
    return by;
}

/* The roundings of `scaled`, of twice the value: SMMULR does the first, and keeps the upper word of a
 * product, where that of the doubled one is asked for. */
static inline int32_t narrowed(int32_t twice, ls_narrowing by) {
    const int32_t high = smmulr(twice, by.multiplier);
    return (high + ((high >> 31) & by.sign) + by.half) >> by.right;
}

static inline int32_t twice(int32_t value) { return (int32_t)((uint32_t)value << 1); }

#define MOST_RIGHT 20 /* bits: an int8 so far to the left is added in 32 without a carry out */

/* The same as an int8 of all its range, for a shift to the right of 1 to MOST_RIGHT bits. */
typedef struct {
    int32_t multiplier, right, half;
} ls_rounding;

static inline int can_round(ls_scale scale, ls_range range) {
    return range.low == INT8_MIN && range.high == INT8_MAX && scale.shift < 0 &&
           scale.shift >= -MOST_RIGHT;
}

static inline ls_rounding rounding(ls_scale scale, ls_range range) {
    const int32_t right = -scale.shift, one = 1 << right;
    const ls_rounding by = {scale.multiplier, right, one / 2 + range.zero * one};
    return by;
}

static inline int8_t rounded(int32_t twice, ls_rounding by) {
    const int32_t high = smmulr(twice, by.multiplier);
    return (int8_t)int8_at_most((high + (high >> 31) + by.half) >> by.right);
}
#endif

/* gemmlowp's two roundings, which TFLite Micro keeps: first to the upper half of the doubled
 * product (its case distinction by sign comes to adding one half), then to the power of two, ties
 * away from zero. Right shifts of negative numbers are arithmetic on every compiler of interest. */
static inline int32_t scaled(int32_t value, ls_scale scale) {
#ifdef LS_SMLAD
    if (scale.shift <= 0) {
        return narrowed(twice(value), narrowing(scale));
    }
#endif
    const int32_t left = max_of(scale.shift, 0), right = left - scale.shift;
    const int32_t wide = (int32_t)((uint32_t)value << left);
    const int64_t product = (int64_t)wide * scale.multiplier + (INT64_C(1) << 30);
#ifdef __wasm__ /* a half more, and one less below zero, comes to the same in its 64 bits */
    const int64_t whole = product >> 31, half = (INT64_C(1) << right) >> 1;
    return (int32_t)((whole + half + ((whole >> 63) & -(half > 0))) >> right);
#else
    const int32_t high = (int32_t)(product >> 31);
    const int32_t mask = (int32_t)((UINT32_C(1) << right) - 1);
    const int32_t threshold = (mask >> 1) + (high < 0);
    return (high >> right) + ((high & mask) > threshold);
#endif
}

static inline int8_t ranged(int32_t value, ls_range range) {
    return (int8_t)min_of(max_of(value + range.zero, range.low), range.high);
}

/* The input under a window, contiguous: the input itself where it is so, else gathered. */
static inline const int8_t *patch(
    const ls_window *w, const int8_t *in, int32_t position, int32_t zero, int8_t *to) {
    const int32_t top = position / w->out_w * w->stride_h - w->pad_h;
    const int32_t left = position % w->out_w * w->stride_w - w->pad_w;
    int8_t *end = to;
    if (top >= 0 && left >= 0 && top + w->kernel_h <= w->in_h && left + w->kernel_w <= w->in_w &&
        w->dilation_h == 1 && w->dilation_w == 1 &&
        (w->kernel_h == 1 || w->kernel_w == w->in_w)) {
        return in + (top * w->in_w + left) * w->in_c;
    }
    for (int32_t ky = 0; ky < w->kernel_h; ++ky) {
        const int32_t y = top + ky * w->dilation_h;
        for (int32_t kx = 0; kx < w->kernel_w; ++kx, end += w->in_c) {
            const int32_t x = left + kx * w->dilation_w;
            if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) {
                memset(end, zero, (size_t)w->in_c);
            } else {
                memcpy(end, in + (y * w->in_w + x) * w->in_c, (size_t)w->in_c);
            }
        }
    }
    return to;
}

/* Two positions, the last one twice where their number is odd, and what is under their windows. */
typedef struct {
    int32_t p, q;
    const int8_t *a, *b;
} ls_two;

/* Those from p on: n bytes each, which an output that lies on the input does not write over. */
static inline ls_two two_patches(
    const ls_convolution *layer, const int8_t *in, const int8_t *out, int32_t p, int32_t n,
    int8_t *patches) {
    const ls_window *w = &layer->window;
    const int32_t q = min_of(p + 1, w->out_h * w->out_w - 1);
    ls_two two = {
        p, q, patch(w, in, p, layer->in_zero, patches), patch(w, in, q, layer->in_zero, patches + n)};
    if (in == out) {
        two.a = memcpy(patches, two.a, (size_t)n);
        two.b = memcpy(patches + n, two.b, (size_t)n);
    }
    return two;
}

#endif
