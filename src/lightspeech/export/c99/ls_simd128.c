/* Layers for WebAssembly, whose vectors have 128 bits: eight products an instruction.
 *
 * All of it is whole numbers, so that bits do not depend on how many are computed at once.
 */
#include "ls_kernels.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>

#include "ls_integers.h"

#define SOME 4  /* channels side by side */
#define EIGHT 8 /* of a depthwise convolution, and numbers of a sum */

/* Bias and scale of some channels at hand. A vector shifts all its numbers by the same; for each its
 * own they are multiplied by a power of two, of which the upper half is kept. */
typedef struct {
    int32_t bias[SOME], left[SOME], multiplier[SOME], mask[SOME], power[SOME];
} narrowing;

/* Those of all channels of a layer; the last one stands for those beyond it. */
static void find_narrowings(const ls_convolution *layer, narrowing *to) {
    for (int32_t c = 0; c < layer->out_c; c += SOME, ++to) {
        for (int32_t lane = 0; lane < SOME; ++lane) {
            const int32_t channel = min_of(c + lane, layer->out_c - 1);
            const int32_t shift = layer->shifts[channel];
            const int32_t left = max_of(shift, 0), right = left - shift;
            to->bias[lane] = layer->bias[channel];
            to->left[lane] = 1 << left;
            to->multiplier[lane] = layer->multipliers[channel];
            to->mask[lane] = (int32_t)((UINT32_C(1) << right) - 1);
            to->power[lane] = INT32_MIN >> right; /* negative: 31 bits of it are too few for 1 */
        }
    }
}

/* Bits 31 and up of products. */
static inline v128_t upper(v128_t low, v128_t high) {
    return wasm_i32x4_shuffle(wasm_u64x2_shr(low, 31), wasm_u64x2_shr(high, 31), 0, 2, 4, 6);
}

/* The first rounding of `scaled`, of four numbers. */
static inline v128_t doubled(v128_t values, v128_t multiplier) {
    const v128_t half = wasm_i64x2_const_splat(1 << 30);
    return upper(
        wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(values, multiplier), half),
        wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(values, multiplier), half));
}

/* `scaled`, of four numbers and the scale of each. */
static inline v128_t scaled_each(v128_t values, const narrowing *by) {
    const v128_t wide = wasm_i32x4_mul(values, wasm_v128_load(by->left));
    const v128_t high = doubled(wide, wasm_v128_load(by->multiplier));
    const v128_t minus = wasm_i32x4_neg(high), power = wasm_v128_load(by->power);
    const v128_t whole = upper(
        wasm_i64x2_extmul_low_i32x4(minus, power), wasm_i64x2_extmul_high_i32x4(minus, power));
    const v128_t mask = wasm_v128_load(by->mask);
    const v128_t threshold = wasm_i32x4_sub(wasm_i32x4_shr(mask, 1), wasm_i32x4_shr(high, 31));
    return wasm_i32x4_sub(whole, wasm_i32x4_gt(wasm_v128_and(high, mask), threshold));
}

/* `ranged`, of eight numbers; the lower half of what is given. */
static inline v128_t ranged_eight(v128_t first, v128_t second, ls_range range) {
    const v128_t zero = wasm_i32x4_splat(range.zero);
    const v128_t values =
        wasm_i16x8_narrow_i32x4(wasm_i32x4_add(first, zero), wasm_i32x4_add(second, zero));
    const v128_t above = wasm_i16x8_max(values, wasm_i16x8_splat((int16_t)range.low));
    const v128_t within = wasm_i16x8_min(above, wasm_i16x8_splat((int16_t)range.high));
    return wasm_i8x16_narrow_i16x8(within, within);
}

static inline v128_t more(v128_t sums, v128_t a, v128_t b) {
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(a, b));
}

/* The sum of each of four vectors. */
static inline v128_t sum_each(const v128_t v[SOME]) {
    const v128_t a = wasm_i32x4_add(
        wasm_i32x4_shuffle(v[0], v[1], 0, 4, 1, 5), wasm_i32x4_shuffle(v[0], v[1], 2, 6, 3, 7));
    const v128_t b = wasm_i32x4_add(
        wasm_i32x4_shuffle(v[2], v[3], 0, 4, 1, 5), wasm_i32x4_shuffle(v[2], v[3], 2, 6, 3, 7));
    return wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 1, 4, 5), wasm_i32x4_shuffle(a, b, 2, 3, 6, 7));
}

/* Two patches times some filters: each byte that is loaded serves many times. */
static inline void products(
    const int8_t *a, const int8_t *b, const int8_t *const *filters, int32_t n, v128_t sums[2]) {
    v128_t of_a[SOME], of_b[SOME];
    int32_t i = 0;
#pragma clang loop unroll(full)
    for (int32_t f = 0; f < SOME; ++f) {
        of_a[f] = of_b[f] = wasm_i32x4_const_splat(0);
    }
    for (; i + 8 <= n; i += 8) {
        const v128_t some_a = wasm_i16x8_load8x8(a + i), some_b = wasm_i16x8_load8x8(b + i);
#pragma clang loop unroll(full)
        for (int32_t f = 0; f < SOME; ++f) {
            const v128_t filter = wasm_i16x8_load8x8(filters[f] + i);
            of_a[f] = more(of_a[f], some_a, filter);
            of_b[f] = more(of_b[f], some_b, filter);
        }
    }
    sums[0] = sum_each(of_a);
    sums[1] = sum_each(of_b);
    for (; i < n; ++i) {
        const v128_t filter =
            wasm_i32x4_make(filters[0][i], filters[1][i], filters[2][i], filters[3][i]);
        sums[0] = wasm_i32x4_add(sums[0], wasm_i32x4_mul(wasm_i32x4_splat(a[i]), filter));
        sums[1] = wasm_i32x4_add(sums[1], wasm_i32x4_mul(wasm_i32x4_splat(b[i]), filter));
    }
}

/* Eight outputs of four channels each, which may be the same. */
static inline v128_t narrowed(
    const v128_t sums[2], const narrowing *by, const narrowing *next, ls_range range) {
    return ranged_eight(
        scaled_each(wasm_i32x4_add(sums[0], wasm_v128_load(by->bias)), by),
        scaled_each(wasm_i32x4_add(sums[1], wasm_v128_load(next->bias)), next), range);
}

/* Few bytes; so many as are known beforehand are one store. */
static inline void put(int8_t *out, const int8_t *outputs, int32_t count) {
    if (count >= SOME) {
        memcpy(out, outputs, SOME);
    } else {
        for (int32_t i = 0; i < count; ++i) {
            out[i] = outputs[i];
        }
    }
}

void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w, channels = layer->out_c;
    narrowing narrowings[channels];
    find_narrowings(layer, narrowings);
    for (int32_t p = 0; p < positions; p += 2) {
        const int32_t q = min_of(p + 1, positions - 1); /* an odd last one is computed twice */
        const int8_t *a = patch(window, in, p, layer->in_zero, patches);
        const int8_t *b = patch(window, in, q, layer->in_zero, patches + n);
        if (in == out) {
            a = memcpy(patches, a, (size_t)n);
            b = memcpy(patches + n, b, (size_t)n);
        }
        for (int32_t c = 0; c < channels; c += SOME) {
            const narrowing *by = narrowings + c / SOME;
            const int8_t *filters[SOME];
            int8_t outputs[2 * SOME];
            v128_t sums[2];
            for (int32_t f = 0; f < SOME; ++f) { /* the last one once more where there are fewer */
                filters[f] = layer->weights + min_of(c + f, channels - 1) * n;
            }
            products(a, b, filters, n, sums);
            wasm_v128_store64_lane(outputs, narrowed(sums, by, by, layer->out), 0);
            put(out + p * channels + c, outputs, channels - c);
            put(out + q * channels + c, outputs + SOME, channels - c);
        }
    }
}

/* The sums of eight neighbouring channels of one patch. */
static inline void sum_eight(
    const ls_convolution *layer, int32_t c, const int8_t *a, int32_t n, v128_t sums[2]) {
    sums[0] = sums[1] = wasm_i32x4_const_splat(0);
    for (int32_t i = c; i < n; i += layer->out_c) {
        const v128_t weights = wasm_i16x8_load8x8(layer->weights + i);
        const v128_t some = wasm_i16x8_mul(wasm_i16x8_load8x8(a + i), weights);
        sums[0] = wasm_i32x4_add(sums[0], wasm_i32x4_extend_low_i16x8(some));
        sums[1] = wasm_i32x4_add(sums[1], wasm_i32x4_extend_high_i16x8(some));
    }
}

static int8_t output(const ls_convolution *layer, int32_t c, const int8_t *a, int32_t n) {
    int32_t sum = layer->bias[c];
    for (int32_t i = c; i < n; i += layer->out_c) {
        sum += a[i] * layer->weights[i];
    }
    return ranged(scaled(sum, ls_scale_of(layer, c)), layer->out);
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t channels = layer->out_c, n = window->kernel_h * window->kernel_w * channels;
    const int32_t positions = window->out_h * window->out_w;
    narrowing narrowings[channels];
    find_narrowings(layer, narrowings);
    for (int32_t p = 0; p < positions; ++p) {
        const int8_t *a = patch(window, in, p, layer->in_zero, patches);
        const narrowing *by = narrowings;
        int32_t c = 0;
        for (; c + EIGHT <= channels; c += EIGHT, by += 2, out += EIGHT) {
            v128_t sums[2];
            sum_eight(layer, c, a, n, sums);
            wasm_v128_store64_lane(out, narrowed(sums, by, by + 1, layer->out), 0);
        }
        for (; c < channels; ++c) {
            *out++ = output(layer, c, a, n);
        }
    }
}

static int is_half(ls_scale scale) { return scale.multiplier == 1 << 30 && scale.shift == 0; }

/* `scaled`, of numbers below 2^30 and one scale that shifts to the right. */
static inline v128_t scaled_right(v128_t values, ls_scale scale) {
    const uint32_t right = (uint32_t)-scale.shift;
    const v128_t high = doubled(values, wasm_i32x4_splat(scale.multiplier));
    const v128_t signs = wasm_i32x4_shr(high, 31), half = wasm_i32x4_splat(1 << (right - 1));
    return wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_add(high, half), signs), right);
}

/* Four sums of a and b, of which b counts half: with 20 bits of headroom at a common scale. */
static inline v128_t sum_of(
    v128_t a, v128_t b, int32_t a_zero, int32_t b_zero, ls_scale of_a, ls_scale result) {
    const v128_t from_a = wasm_i32x4_sub(a, wasm_i32x4_splat(a_zero));
    const v128_t from_b = wasm_i32x4_sub(b, wasm_i32x4_splat(b_zero));
    const v128_t wide = scaled_right(wasm_i32x4_shl(from_a, 20), of_a);
    return scaled_right(wasm_i32x4_add(wide, wasm_i32x4_shl(from_b, 19)), result);
}

static void add_halved(
    const ls_pair *layer, ls_scale of_a, const int8_t *a, int32_t a_zero, const int8_t *b,
    int32_t b_zero, int8_t *out) {
    const ls_scale result = layer->result;
    const ls_range range = layer->out;
    for (const int8_t *const end = a + layer->shape[3]; a < end; a += 8, b += 8, out += 8) {
        const v128_t x = wasm_i16x8_load8x8(a), y = wasm_i16x8_load8x8(b);
        const v128_t low = sum_of(
            wasm_i32x4_extend_low_i16x8(x), wasm_i32x4_extend_low_i16x8(y), a_zero, b_zero, of_a,
            result);
        const v128_t high = sum_of(
            wasm_i32x4_extend_high_i16x8(x), wasm_i32x4_extend_high_i16x8(y), a_zero, b_zero, of_a,
            result);
        wasm_v128_store64_lane(out, ranged_eight(low, high, range), 0);
    }
}

int ls_add_flat(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    const int flat = layer->shape[0] * layer->shape[1] * layer->shape[2] == 1 &&
                     layer->a_stride[3] == 1 && layer->b_stride[3] == 1 && !(layer->shape[3] % 8);
    if (!flat || layer->result.shift >= 0) {
        return 0;
    }
    if (is_half(layer->b) && layer->a.shift < 0) {
        add_halved(layer, layer->a, a, layer->a_zero, b, layer->b_zero, out);
        return 1;
    }
    if (is_half(layer->a) && layer->b.shift < 0) {
        add_halved(layer, layer->b, b, layer->b_zero, a, layer->a_zero, out);
        return 1;
    }
    return 0;
}
#endif
