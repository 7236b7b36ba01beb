/* The layers that take the time, for processors with two products an instruction (LS_SMLAD): the same
 * bits as those of ls_kernels.c, which every other processor takes. */
#include "ls_integers.h"

#ifdef LS_SMLAD

#define SIDE_BY_SIDE 6 /* positions that share what is loaded of a filter */

/* Bytes of a position as pairs of 16 bits, those of the other positions between them; the last are
 * filled up with zeros. */
static void spread(const int8_t *from, int32_t n, uint32_t *to) {
    for (; n >= 4; n -= 4, from += 4, to += 2 * SIDE_BY_SIDE) {
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

/* Sums of the positions, each more by the products of its next two pairs with a and b. */
#ifdef __arm__
#define NEXT(sum) "ldrd %6, %7, [%8], #8\n\tsmlad " sum ", %6, %9, " sum "\n\tsmlad " sum ", %7, %10, " sum "\n\t"
#define ADD_PRODUCTS(s, t, u, v, w, x, at, a, b)                                                   \
    do {                                                                                           \
        uint32_t one, other;                                                                       \
        __asm__(NEXT("%0") NEXT("%1") NEXT("%2") NEXT("%3") NEXT("%4") NEXT("%5")                  \
                : "+r"(s), "+r"(t), "+r"(u), "+r"(v), "+r"(w), "+r"(x), "=&r"(one), "=&r"(other),  \
                  "+r"(at)                                                                         \
                : "r"(a), "r"(b)                                                                   \
                : "memory");                                                                       \
    } while (0)
#else
#define ADD_PRODUCTS(s, t, u, v, w, x, at, a, b)                                                   \
    do {                                                                                           \
        int32_t *const sums[] = {&s, &t, &u, &v, &w, &x};                                          \
        for (int32_t i = 0; i < SIDE_BY_SIDE; ++i, at += 2) {                                      \
            *sums[i] = smlad(at[1], b, smlad(at[0], a, *sums[i]));                                 \
        }                                                                                          \
    } while (0)
#endif

/* A filter times as many positions as are side by side. */
static void products(
    const int8_t *filter, int32_t n, const uint32_t *at, int32_t bias, int32_t sums[SIDE_BY_SIDE]) {
    int32_t s = bias, t = bias, u = bias, v = bias, w = bias, x = bias;
    for (const int8_t *const end = filter + n / 8 * 8; filter < end; filter += 8) {
        const uint32_t bytes = four(filter), more = four(filter + 4);
        ADD_PRODUCTS(s, t, u, v, w, x, at, even(bytes), odd(bytes));
        ADD_PRODUCTS(s, t, u, v, w, x, at, even(more), odd(more));
    }
    if (n % 8 >= 4) {
        const uint32_t bytes = four(filter);
        ADD_PRODUCTS(s, t, u, v, w, x, at, even(bytes), odd(bytes));
        filter += 4;
    }
    if (n % 4 > 0) {
        uint32_t bytes = 0;
        memcpy(&bytes, filter, (size_t)(n % 4));
        ADD_PRODUCTS(s, t, u, v, w, x, at, even(bytes), odd(bytes));
    }
    sums[0] = s;
    sums[1] = t;
    sums[2] = u;
    sums[3] = v;
    sums[4] = w;
    sums[5] = x;
}

/* Sums of one channel as its outputs, a row apart. */
static void put(
    const ls_convolution *layer, int32_t channel, const int32_t *sums, int32_t n, int8_t *out) {
    const ls_scale scale = layer->scale[channel];
    if (!can_round(scale, layer->out)) {
        for (int32_t i = 0; i < n; ++i) {
            out[i * layer->out_c] = ranged(scaled(sums[i], scale), layer->out);
        }
        return;
    }
    const ls_rounding by = rounding(scale, layer->out);
    const int32_t channels = layer->out_c;
    for (const int32_t *const end = sums + n; sums < end; ++sums, out += channels) {
        *out = rounded(twice(*sums), by);
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
        for (int32_t i = 0; i < left; ++i) {
            spread(patch(window, in, p + i, layer->in_zero, gathered), n, pairs + 2 * i);
        }
        for (int32_t c = 0; c < channels; ++c) {
            int32_t sums[SIDE_BY_SIDE];
            products(layer->weights + c * n, n, pairs, layer->bias[c], sums);
            put(layer, c, sums, left, out + c);
        }
    }
}

/* Four neighbouring channels at one position, and their sums so many apart. */
static void four_channels(
    const ls_convolution *layer, int32_t c, const int8_t *at, int32_t taps, int32_t *sums) {
    const int32_t width = layer->out_c;
    const int8_t *filter = layer->weights + c;
    int32_t s = layer->bias[c], t = layer->bias[c + 1], u = layer->bias[c + 2], v = layer->bias[c + 3];
    for (at += c; taps > 0; --taps, at += width, filter += width) {
        const uint32_t heard = four(at), a = even(heard), b = odd(heard);
        const uint32_t weights = four(filter), w = even(weights), x = odd(weights);
        s += lower(a) * lower(w);
        t += lower(b) * lower(x);
        u += upper(a) * upper(w);
        v += upper(b) * upper(x);
    }
    sums[0] = s;
    sums[SIDE_BY_SIDE] = t;
    sums[2 * SIDE_BY_SIDE] = u;
    sums[3 * SIDE_BY_SIDE] = v;
}

static void one_channel(
    const ls_convolution *layer, int32_t c, const int8_t *at, int32_t taps, int32_t *sum) {
    const int8_t *filter = layer->weights + c;
    *sum = layer->bias[c];
    for (at += c; taps > 0; --taps, at += layer->out_c, filter += layer->out_c) {
        *sum += *at * *filter;
    }
}

/* Whether every patch is a stretch of the input, and need not be gathered. */
static int lies_there(const ls_window *w) {
    return w->pad_h == 0 && w->pad_w == 0 && w->dilation_h == 1 && w->dilation_w == 1 &&
           (w->out_h - 1) * w->stride_h + w->kernel_h <= w->in_h &&
           (w->out_w - 1) * w->stride_w + w->kernel_w <= w->in_w &&
           (w->kernel_h == 1 || w->kernel_w == w->in_w);
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *const window = &layer->window;
    const int32_t taps = window->kernel_h * window->kernel_w, channels = layer->out_c;
    const int32_t positions = window->out_h * window->out_w;
    const int32_t together = lies_there(window) ? SIDE_BY_SIDE : 1;
    for (int32_t p = 0; p < positions; p += together, out += together * channels) {
        const int32_t left = min_of(positions - p, together);
        const int8_t *at[SIDE_BY_SIDE];
        int32_t sums[4][SIDE_BY_SIDE], c = 0;
        for (int32_t i = 0; i < left; ++i) {
            at[i] = patch(window, in, p + i, layer->in_zero, patches);
        }
        for (; c + 4 <= channels; c += 4) {
            for (int32_t i = 0; i < left; ++i) {
                four_channels(layer, c, at[i], taps, sums[0] + i);
            }
            for (int32_t i = 0; i < 4; ++i) {
                put(layer, c + i, sums[i], left, out + c + i);
            }
        }
        for (; c < channels; ++c) {
            for (int32_t i = 0; i < left; ++i) {
                one_channel(layer, c, at[i], taps, sums[0] + i);
            }
            put(layer, c, sums[0], left, out + c);
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
