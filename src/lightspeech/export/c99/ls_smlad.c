/* The layers that take the time, for processors with two products an instruction (LS_SMLAD): the same
 * bits as those of ls_kernels.c, which every other processor takes. */
#include "ls_integers.h"

#ifdef LS_SMLAD

#define SIDE_BY_SIDE 6 /* positions that share what is loaded of a filter */
#define FEW 3          /* the same where no more are left */

/* Bytes of a position as pairs of 16 bits, those of the other positions between them; the last are
 * filled up with zeros. */
static void spread(const int8_t *from, int32_t n, int32_t together, uint32_t *to) {
    for (; n >= 4; n -= 4, from += 4, to += 2 * together) {
        const uint32_t bytes = four(from);
        to[0] = even(bytes);
        to[1] = odd(bytes);
    }
    if (n > 0) {
        uint32_t bytes = 0;
        memcpy(&bytes, from, (size_t)n);
        to[0] = even(bytes);
        to[1] = odd(bytes);
    }
}

/* Sums of the positions, each more by its products with the next weights of a filter, four or sixteen:
 * both pointers move on. Three words of the positions are loaded at once, one and a half of them. It
 * takes all registers that there are, which a compiler that does not optimize has not. */
#if defined __arm__ && defined __OPTIMIZE__
#define ONE_AND_HALF(one, half)                                                                    \
    "ldmia %6!, {r10, r11, r12}\n\tsmlad " one ", r10, %8, " one "\n\tsmlad " one ", r11, %9, " one  \
    "\n\tsmlad " half ", r12, %8, " half "\n\t"
#define HALF_AND_ONE(half, one)                                                                    \
    "ldmia %6!, {r10, r11, r12}\n\tsmlad " half ", r10, %9, " half "\n\tsmlad " one ", r11, %8, "    \
    one "\n\tsmlad " one ", r12, %9, " one "\n\t"
#define FEW_BY_FOUR                                                                                \
    "ldr %9, [%7], #4\n\tsxtb16 %8, %9\n\tsxtb16 %9, %9, ror #8\n\t"                               \
    ONE_AND_HALF("%0", "%1") HALF_AND_ONE("%1", "%2")
#define ALL_BY_FOUR FEW_BY_FOUR ONE_AND_HALF("%3", "%4") HALF_AND_ONE("%4", "%5")
#define FEW_BY_SIXTEEN FEW_BY_FOUR FEW_BY_FOUR FEW_BY_FOUR FEW_BY_FOUR
#define ALL_BY_SIXTEEN ALL_BY_FOUR ALL_BY_FOUR ALL_BY_FOUR ALL_BY_FOUR
#define ADD_PRODUCTS(some, together, s, t, u, v, w, x, at, filter)                                 \
    do {                                                                                           \
        uint32_t a, b;                                                                             \
        __asm__(some                                                                               \
                : "+r"(s), "+r"(t), "+r"(u), "+r"(v), "+r"(w), "+r"(x), "+r"(at), "+r"(filter),    \
                  "=&r"(a), "=&r"(b)                                                               \
                :                                                                                  \
                : "r10", "r11", "r12", "memory");                                                  \
    } while (0)
#else
#define FEW_BY_FOUR 1
#define ALL_BY_FOUR 1
#define FEW_BY_SIXTEEN 4
#define ALL_BY_SIXTEEN 4
#define ADD_PRODUCTS(some, together, s, t, u, v, w, x, at, filter)                                 \
    do {                                                                                           \
        int32_t *const sums[] = {&s, &t, &u, &v, &w, &x};                                          \
        for (int32_t fours = some; fours > 0; --fours, filter += 4) {                              \
            const uint32_t bytes = four(filter);                                                   \
            for (int32_t i = 0; i < together; ++i, at += 2) {                                      \
                *sums[i] = smlad(at[1], odd(bytes), smlad(at[0], even(bytes), *sums[i]));          \
            }                                                                                      \
        }                                                                                          \
    } while (0)
#endif

/* The sums more by all of a filter. */
#define ADD_FILTER(by_four, by_sixteen, together)                                                  \
    do {                                                                                           \
        for (const int8_t *const end = filter + size / 16 * 16; filter < end;) {                   \
            ADD_PRODUCTS(by_sixteen, together, s, t, u, v, w, x, at, filter);                      \
        }                                                                                          \
        for (const int8_t *const end = filter + size % 16 / 4 * 4; filter < end;) {                \
            ADD_PRODUCTS(by_four, together, s, t, u, v, w, x, at, filter);                         \
        }                                                                                          \
        if (size % 4 > 0) {                                                                        \
            int8_t last[4] = {0};                                                                  \
            const int8_t *rest = memcpy(last, filter, (size_t)(size % 4));                         \
            ADD_PRODUCTS(by_four, together, s, t, u, v, w, x, at, rest);                           \
        }                                                                                          \
    } while (0)

/* A filter times as many positions as are side by side, of which n count: outputs of a channel. */
static void one_filter(
    const ls_convolution *layer, int32_t channel, int32_t size, const uint32_t *at, int32_t n,
    int8_t *out) {
    const int8_t *filter = layer->weights + channel * size;
    int32_t s = layer->bias[channel], t = s, u = s, v = s, w = s, x = s;
    if (n <= FEW) {
        ADD_FILTER(FEW_BY_FOUR, FEW_BY_SIXTEEN, FEW);
    } else {
        ADD_FILTER(ALL_BY_FOUR, ALL_BY_SIXTEEN, SIDE_BY_SIDE);
    }
    const ls_scale scale = ls_scale_of(layer, channel);
    if (n == SIDE_BY_SIDE && can_round(scale, layer->out)) {
        const ls_rounding by = rounding(scale, layer->out);
        const int32_t apart = layer->out_c;
        *out = rounded(twice(s), by);
        *(out += apart) = rounded(twice(t), by);
        *(out += apart) = rounded(twice(u), by);
        *(out += apart) = rounded(twice(v), by);
        *(out += apart) = rounded(twice(w), by);
        *(out += apart) = rounded(twice(x), by);
    } else {
        const int32_t sums[SIDE_BY_SIDE] = {s, t, u, v, w, x};
        for (int32_t i = 0; i < n; ++i) {
            out[i * layer->out_c] = ranged(scaled(sums[i], scale), layer->out);
        }
    }
}

void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *const window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w, channels = layer->out_c;
    uint32_t *const pairs = (uint32_t *)(void *)patches;
    int8_t *const gathered = patches + 2 * SIDE_BY_SIDE * ((n + 3) / 4 * 4);
    for (int32_t p = 0; p < positions; p += SIDE_BY_SIDE, out += SIDE_BY_SIDE * channels) {
        const int32_t left = min_of(positions - p, SIDE_BY_SIDE);
        const int32_t together = left > FEW ? SIDE_BY_SIDE : FEW;
        for (int32_t i = 0; i < left; ++i) {
            spread(patch(window, in, p + i, layer->in_zero, gathered), n, together, pairs + 2 * i);
        }
        for (int32_t c = 0; c < channels; ++c) {
            one_filter(layer, c, n, pairs, left, out + c);
        }
    }
}

/* A channel of a filter of seven taps along time. Two taps are a pair: at an even position with a
 * zero behind them, at an odd one with a zero before them, by turns. All is doubled, since that is
 * what the rounding of a sum wants. */
typedef struct {
    uint32_t pairs[8];
    int32_t bias[2];
    ls_rounding by;
} seven_taps;

static seven_taps taps_of(const ls_convolution *layer, int32_t c) {
    const int32_t width = layer->out_c, bias = twice(layer->bias[c]);
    const int8_t *f = layer->weights + c;
    const int32_t t0 = 2 * *f, t1 = 2 * *(f += width), t2 = 2 * *(f += width);
    const int32_t t3 = 2 * *(f += width), t4 = 2 * *(f += width), t5 = 2 * *(f += width);
    const int32_t t6 = 2 * *(f + width);
    const seven_taps taps = {
        {pair_of(t0, t1), pair_of(0, t0), pair_of(t2, t3), pair_of(t1, t2), pair_of(t4, t5),
         pair_of(t3, t4), pair_of(t6, 0), pair_of(t5, t6)},
        {bias, bias},
        rounding(ls_scale_of(layer, c), layer->out)};
    return taps;
}

/* Outputs at two positions, of eight samples as pairs: the last pair is read, where the first was. */
#ifdef __arm__
#define TIMES(pair, place)                                                                         \
    "ldrd %5, %6, [%8, #" place "]\n\tsmlad %3, " pair ", %5, %3\n\tsmlad %4, " pair ", %6, %4\n\t"
#define TWO_POSITIONS(taps, width, at, out, a, b, c)                                               \
    do {                                                                                           \
        uint32_t s, t, u, v;                                                                       \
        __asm__("ldrd %3, %4, [%8, #32]\n\t" TIMES("%0", "0")                                      \
                "ldrsb %0, [%1]\n\tldrsb %5, [%1, %7]\n\tadd %1, %1, %7, lsl #1\n\t"               \
                "pkhbt %0, %0, %5, lsl #16\n\t"                                                    \
                TIMES("%9", "8") TIMES("%10", "16") TIMES("%0", "24")                              \
                "ldrd %5, %6, [%8, #40]\n\tsmmulr %3, %3, %5\n\tsmmulr %4, %4, %5\n\t"             \
                "ldrd %5, %6, [%8, #44]\n\t"                                                       \
                "add %3, %3, %3, asr #31\n\tadd %3, %6\n\tasr %3, %5\n\tssat %3, #8, %3\n\t"       \
                "add %4, %4, %4, asr #31\n\tadd %4, %6\n\tasr %4, %5\n\tssat %4, #8, %4\n\t"       \
                "strb %3, [%2]\n\tstrb %4, [%2, %7]\n\tadd %2, %2, %7, lsl #1\n\t"                 \
                : "+r"(a), "+r"(at), "+r"(out), "=&r"(s), "=&r"(t), "=&r"(u), "=&r"(v)             \
                : "r"(width), "r"(taps), "r"(b), "r"(c)                                            \
                : "memory");                                                                       \
    } while (0)
#else
#define TWO_POSITIONS(taps, width, at, out, a, b, c)                                               \
    do {                                                                                           \
        const uint32_t last = pair_of(at[0], at[width]);                                           \
        for (int32_t odd = 0; odd < 2; ++odd, out += width, at += width) {                         \
            *out = at_one_position((taps)->pairs + odd, taps, a, b, c, last);                      \
        }                                                                                          \
        a = last;                                                                                  \
    } while (0)
#endif

static inline int8_t at_one_position(
    const uint32_t *pairs, const seven_taps *taps, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const int32_t half = smlad(b, pairs[2], smlad(a, pairs[0], taps->bias[0]));
    return rounded(smlad(d, pairs[6], smlad(c, pairs[4], half)), taps->by);
}

/* One channel at n positions in a row. */
static void along_time(
    const seven_taps *taps, int32_t width, const int8_t *at, int32_t n, int8_t *out) {
    uint32_t a = pair_of(at[0], at[width]);
    uint32_t b = pair_of(at[2 * width], at[3 * width]);
    uint32_t c = pair_of(at[4 * width], at[5 * width]);
    for (at += 6 * width; n >= 6; n -= 6) {
        TWO_POSITIONS(taps, width, at, out, a, b, c);
        TWO_POSITIONS(taps, width, at, out, b, c, a);
        TWO_POSITIONS(taps, width, at, out, c, a, b);
    }
    for (; n >= 2; n -= 2) {
        TWO_POSITIONS(taps, width, at, out, a, b, c);
        const uint32_t newest = a;
        a = b;
        b = c;
        c = newest;
    }
    if (n > 0) {
        *out = at_one_position(taps->pairs, taps, a, b, c, pair_of(at[0], 0));
    }
}

/* One channel at one position. */
static void one_channel(
    const ls_convolution *layer, int32_t c, const int8_t *at, int32_t taps, int8_t *out) {
    const int8_t *filter = layer->weights + c;
    int32_t sum = layer->bias[c];
    for (at += c; taps > 0; --taps, at += layer->out_c, filter += layer->out_c) {
        sum += *at * *filter;
    }
    *out = ranged(scaled(sum, ls_scale_of(layer, c)), layer->out);
}

/* Input rows under the next positions, which are a column; n is how many of the positions that are
 * left: all that lie in the picture, or else some at its edge, whose rows are gathered. */
static const int8_t *column(
    const ls_window *window, const int8_t *in, int32_t position, int32_t zero, int8_t *gathered,
    int32_t *n) {
    const int32_t top = position - window->pad_h, inside = window->in_h - window->kernel_h - top + 1;
    ls_window tall = *window;
    *n = min_of(*n, top >= 0 && inside > 0 ? inside : max_of(window->pad_h, 1));
    tall.kernel_h += *n - 1;
    return patch(&tall, in, position, zero, gathered);
}

static int have_seven_taps(const ls_convolution *layer) {
    const ls_window *const w = &layer->window;
    int can = w->kernel_h == 7 && w->in_w == 1 && w->kernel_w == 1 && w->pad_w == 0 &&
              w->stride_h == 1 && w->dilation_h == 1;
    for (int32_t c = 0; can && c < layer->out_c; ++c) {
        can = can_round(ls_scale_of(layer, c), layer->out);
    }
    return can;
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *const window = &layer->window;
    const int32_t taps = window->kernel_h * window->kernel_w, channels = layer->out_c;
    const int32_t positions = window->out_h * window->out_w;
    const int are_seven = have_seven_taps(layer);
    for (int32_t p = 0, n = 1; p < positions; p += n, out += n * channels) {
        n = are_seven ? positions - p : 1;
        const int8_t *const at = are_seven ? column(window, in, p, layer->in_zero, patches, &n)
                                           : patch(window, in, p, layer->in_zero, patches);
        for (int32_t c = 0; c < channels; ++c) {
            if (are_seven) {
                const seven_taps filter = taps_of(layer, c);
                along_time(&filter, channels, at + c, n, out + c);
            } else {
                one_channel(layer, c, at, taps, out + c);
            }
        }
    }
}

/* A sum of two of the same shape. The larger of their scales is a half of the common one, as TFLite
 * has it, and an exact shift. */
static void add_halved(
    const ls_pair *layer, ls_scale scale, const int8_t *a, int32_t a_zero, const int8_t *halved,
    int32_t halved_zero, int8_t *out) {
    const ls_narrowing to_common = narrowing(scale);
    const ls_rounding by = rounding(layer->result, layer->out);
    const int32_t less_a = a_zero * (1 << 21), less = halved_zero * (1 << 19);
    for (int8_t *const end = out + layer->shape[3]; out < end; ++out, ++a, ++halved) {
        const int32_t sum = narrowed(*a * (1 << 21) - less_a, to_common) + *halved * (1 << 19) - less;
        *out = rounded(twice(sum), by);
    }
}

static int is_half(ls_scale scale) { return scale.multiplier == 1 << 30 && scale.shift == 0; }

int ls_add_flat(const ls_pair *layer, const int8_t *a, const int8_t *b, int8_t *out) {
    const int flat = layer->shape[0] * layer->shape[1] * layer->shape[2] == 1 &&
                     layer->a_stride[3] == 1 && layer->b_stride[3] == 1;
    if (!flat || !can_round(layer->result, layer->out)) {
        return 0;
    }
    if (is_half(layer->b) && layer->a.shift <= 0) {
        add_halved(layer, layer->a, a, layer->a_zero, b, layer->b_zero, out);
        return 1;
    }
    if (is_half(layer->a) && layer->b.shift <= 0) {
        add_halved(layer, layer->b, b, layer->b_zero, a, layer->a_zero, out);
        return 1;
    }
    return 0;
}
#endif
