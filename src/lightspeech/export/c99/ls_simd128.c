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

/* How the scales of some channels shift. A vector shifts all its numbers by the same; for each its own
 * they are multiplied by a power of two, of which the upper half is kept. */
typedef struct {
    v128_t left, mask, power;
} shifting;

static inline v128_t two_to(v128_t exponents) {
    const v128_t bits = wasm_i32x4_shl(wasm_i32x4_add(exponents, wasm_i32x4_const_splat(127)), 23);
    return wasm_u32x4_trunc_sat_f32x4(bits);
}

/* Those of all channels of a layer by fours; the last four where fewer are left. */
static void find_shifts(const ls_convolution *layer, shifting *to) {
    const v128_t zero = wasm_i32x4_const_splat(0);
    for (int32_t c = 0; c < layer->out_c; c += SOME, ++to) {
        const int8_t *const at = layer->shifts + min_of(c, layer->out_c - SOME);
        const v128_t bytes = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(at));
        const v128_t shifts = wasm_i32x4_extend_low_i16x8(bytes);
        const v128_t right = wasm_i32x4_max(wasm_i32x4_neg(shifts), zero);
        to->left = two_to(wasm_i32x4_max(shifts, zero));
        to->mask = wasm_i32x4_sub(two_to(right), wasm_i32x4_const_splat(1));
        to->power = wasm_i32x4_neg(two_to(wasm_i32x4_sub(wasm_i32x4_const_splat(31), right)));
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

/* The outputs, not ranged yet, of channels c and more from their sums. */
static inline v128_t scaled_sums(
    const ls_convolution *layer, v128_t sums, int32_t c, const shifting *by) {
    const v128_t values = wasm_i32x4_add(sums, wasm_v128_load(layer->bias + c));
    const v128_t multiplier = wasm_v128_load(layer->multipliers + c);
    const v128_t high = doubled(wasm_i32x4_mul(values, by->left), multiplier);
    const v128_t minus = wasm_i32x4_neg(high); /* as the power is: 2^31 fits into 32 bits so */
    const v128_t whole = upper(
        wasm_i64x2_extmul_low_i32x4(minus, by->power),
        wasm_i64x2_extmul_high_i32x4(minus, by->power));
    const v128_t half = wasm_i32x4_shr(by->mask, 1);
    const v128_t threshold = wasm_i32x4_sub(half, wasm_i32x4_shr(high, 31));
    return wasm_i32x4_sub(whole, wasm_i32x4_gt(wasm_v128_and(high, by->mask), threshold));
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
    const int8_t *a, const int8_t *b, const int8_t *filters, int32_t n, v128_t sums[2]) {
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
            const v128_t filter = wasm_i16x8_load8x8(filters + f * n + i);
            of_a[f] = more(of_a[f], some_a, filter);
            of_b[f] = more(of_b[f], some_b, filter);
        }
    }
    sums[0] = sum_each(of_a);
    sums[1] = sum_each(of_b);
    for (; i < n; ++i) {
        const int8_t *const of = filters + i;
        const v128_t filter = wasm_i32x4_make(of[0], of[n], of[2 * n], of[3 * n]);
        sums[0] = wasm_i32x4_add(sums[0], wasm_i32x4_mul(wasm_i32x4_splat(a[i]), filter));
        sums[1] = wasm_i32x4_add(sums[1], wasm_i32x4_mul(wasm_i32x4_splat(b[i]), filter));
    }
}

/* The output of one channel, where there are few; of the numbers so many are apart. */
static int8_t output(
    const ls_convolution *layer, int32_t c, const int8_t *a, const int8_t *filter, int32_t n,
    int32_t apart) {
    int32_t sum = layer->bias[c];
    for (int32_t i = 0; i < n; i += apart) {
        sum += a[i] * filter[i];
    }
    return ranged(scaled(sum, ls_scale_of(layer, c)), layer->out);
}

/* All channels at two positions, by fours: the last four once more where fewer are left. */
static void put_two(
    const ls_convolution *layer, const shifting *shifts, const int8_t *a, const int8_t *b, int32_t n,
    int8_t *out_a, int8_t *out_b) {
    for (int32_t at = 0; at < layer->out_c; at += SOME, ++shifts) {
        const int32_t c = min_of(at, layer->out_c - SOME);
        v128_t sums[2];
        products(a, b, layer->weights + c * n, n, sums);
        sums[0] = scaled_sums(layer, sums[0], c, shifts);
        sums[1] = scaled_sums(layer, sums[1], c, shifts);
        const v128_t outputs = ranged_eight(sums[0], sums[1], layer->out);
        wasm_v128_store32_lane(out_a + c, outputs, 0);
        wasm_v128_store32_lane(out_b + c, outputs, 1);
    }
}

void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w, channels = layer->out_c;
    shifting shifts[channels];
    if (channels >= SOME) {
        find_shifts(layer, shifts);
    }
    for (int32_t p = 0; p < positions; p += 2) {
        const ls_two at = two_patches(layer, in, out, p, n, patches);
        int8_t *const out_a = out + at.p * channels, *const out_b = out + at.q * channels;
        if (channels >= SOME) {
            put_two(layer, shifts, at.a, at.b, n, out_a, out_b);
            continue;
        }
        for (int32_t c = 0; c < channels; ++c) {
            out_a[c] = output(layer, c, at.a, layer->weights + c * n, n, 1);
            out_b[c] = output(layer, c, at.b, layer->weights + c * n, n, 1);
        }
    }
}

/* Eight neighbouring channels of one patch. */
static inline v128_t eight_outputs(
    const ls_convolution *layer, const shifting *shifts, int32_t c, const int8_t *a, int32_t n) {
    v128_t low = wasm_i32x4_const_splat(0), high = low;
    for (int32_t i = c; i < n; i += layer->out_c) {
        const v128_t weights = wasm_i16x8_load8x8(layer->weights + i);
        const v128_t some = wasm_i16x8_mul(wasm_i16x8_load8x8(a + i), weights);
        low = wasm_i32x4_add(low, wasm_i32x4_extend_low_i16x8(some));
        high = wasm_i32x4_add(high, wasm_i32x4_extend_high_i16x8(some));
    }
    low = scaled_sums(layer, low, c, shifts);
    high = scaled_sums(layer, high, c + SOME, shifts + 1);
    return ranged_eight(low, high, layer->out);
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t channels = layer->out_c, n = window->kernel_h * window->kernel_w * channels;
    const int32_t positions = window->out_h * window->out_w;
    shifting shifts[channels];
    if (channels >= EIGHT) {
        find_shifts(layer, shifts);
    }
    for (int32_t p = 0; p < positions; ++p, out += channels) {
        const int8_t *a = patch(window, in, p, layer->in_zero, patches);
        int32_t c = 0;
        for (; c + EIGHT <= channels; c += EIGHT) {
            const v128_t outputs = eight_outputs(layer, shifts + c / SOME, c, a, n);
            wasm_v128_store64_lane(out + c, outputs, 0);
        }
        for (; c < channels; ++c) {
            out[c] = output(layer, c, a + c, layer->weights + c, n - c, channels);
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
