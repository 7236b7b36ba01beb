/* Layers for processors with vectors, such as x86 and the Raspberry Pi.
 *
 * A sum of products of bytes is a whole number. Where a processor does not multiply bytes, single
 * precision holds it exactly as long as it is at most 2^24, so that its bits do not depend on how many
 * products are computed at once. What is in plain loops over WIDE numbers the compiler puts into
 * vectors itself.
 */
#include "ls_kernels.h"

#ifdef LS_VECTORS
#ifdef __AVX512VNNI__
#include <immintrin.h>
#endif

#include "ls_integers.h"

#define WIDE 16     /* numbers side by side */
#define FILTERS 8   /* whose sums stay in registers */

typedef int32_t ints __attribute__((vector_size(4 * WIDE)));
typedef int16_t shorts __attribute__((vector_size(2 * WIDE)));
typedef int8_t bytes __attribute__((vector_size(WIDE)));

#ifdef __AVX512VNNI__
/* Four products of bytes an instruction, of which one has no sign: patches are lifted by 128, and the
 * sums are less by as many times what a filter's weights come to. */
#define TOGETHER 4
#define LIFT UINT32_C(0x80808080)

typedef struct {
    uint32_t of[WIDE] __attribute__((aligned(4 * WIDE)));
} column;

/* So many bytes, and zeros where they are fewer than four. */
static inline uint32_t some_of(const int8_t *from, int32_t n) {
    uint32_t bytes = 0;
    memcpy(&bytes, from, (size_t)n);
    return bytes;
}

static void place(const int8_t *a, int32_t n, int32_t lane, column *columns) {
    for (; n >= TOGETHER; n -= TOGETHER, a += TOGETHER, ++columns) {
        columns->of[lane] = some_of(a, TOGETHER) ^ LIFT;
    }
    if (n > 0) {
        columns->of[lane] = some_of(a, n) ^ LIFT;
    }
}

static int32_t lifted_by(const int8_t *filter, int32_t n) {
    int32_t sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        sum += filter[i];
    }
    return 128 * sum;
}

static inline __m512i more(__m512i sums, const column *patches, uint32_t weights) {
    return _mm512_dpbusd_epi32(sums, _mm512_load_si512(patches), _mm512_set1_epi32((int32_t)weights));
}

static void multiply(
    const column *columns, const int8_t *const *filters, int32_t n, int32_t sums[FILTERS][WIDE]) {
    __m512i totals[FILTERS];
    for (int32_t f = 0; f < FILTERS; ++f) {
        totals[f] = _mm512_set1_epi32(-lifted_by(filters[f], n));
    }
    int32_t i = 0;
    for (; i + TOGETHER <= n; i += TOGETHER, ++columns) {
        for (int32_t f = 0; f < FILTERS; ++f) {
            totals[f] = more(totals[f], columns, some_of(filters[f] + i, TOGETHER));
        }
    }
    for (int32_t f = 0; f < FILTERS && i < n; ++f) {
        totals[f] = more(totals[f], columns, some_of(filters[f] + i, n - i));
    }
    memcpy(sums, totals, sizeof totals);
}
#else
#define TOGETHER 1
#define EXACT 1024 /* products of two bytes, each at most 2^14, whose sum is exact */

typedef float floats __attribute__((vector_size(4 * WIDE)));
typedef struct {
    float of[WIDE] __attribute__((aligned(4 * WIDE)));
} column;

static void place(const int8_t *a, int32_t n, int32_t lane, column *columns) {
    for (int32_t i = 0; i < n; ++i) {
        columns[i].of[lane] = a[i];
    }
}

/* Add up to EXACT products of each patch with each of some filters. */
static void add_products(
    const floats *columns, const int8_t *const *filters, int32_t from, int32_t n,
    int32_t sums[FILTERS][WIDE]) {
    float factors[FILTERS][EXACT];
    floats totals[FILTERS];
    for (int32_t f = 0; f < FILTERS; ++f) {
        for (int32_t i = 0; i < n; ++i) {
            factors[f][i] = filters[f][from + i];
        }
        totals[f] = (floats){0};
    }
    for (int32_t i = 0; i < n; ++i) {
        for (int32_t f = 0; f < FILTERS; ++f) {
            totals[f] += columns[from + i] * factors[f][i];
        }
    }
    for (int32_t f = 0; f < FILTERS; ++f) {
        for (int32_t lane = 0; lane < WIDE; ++lane) {
            sums[f][lane] += (int32_t)totals[f][lane];
        }
    }
}

static void multiply(
    const column *columns, const int8_t *const *filters, int32_t n, int32_t sums[FILTERS][WIDE]) {
    memset(sums, 0, FILTERS * sizeof *sums);
    for (int32_t from = 0; from < n; from += EXACT) {
        add_products((const floats *)columns, filters, from, min_of(n - from, EXACT), sums);
    }
}
#endif

/* WIDE patches side by side; the last one stands for those beyond it. */
static void gather(
    const ls_convolution *layer, const int8_t *in, int32_t position, int8_t *patches,
    column *columns) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t last = window->out_h * window->out_w - 1;
    for (int32_t lane = 0; lane < WIDE; ++lane) {
        const int32_t at = min_of(position + lane, last);
        place(patch(window, in, at, layer->in_zero, patches), n, lane, columns);
    }
}

/* The outputs of one filter, from one patch to the next so many bytes apart. */
static void put(
    const ls_convolution *layer, int32_t c, const int32_t *sums, int32_t patches, int8_t *out) {
    const int32_t bias = layer->bias[c];
    const ls_scale scale = ls_scale_of(layer, c);
    const ls_range range = layer->out;
    int8_t outputs[WIDE];
    for (int32_t lane = 0; lane < WIDE; ++lane) {
        outputs[lane] = ranged(scaled(sums[lane] + bias, scale), range);
    }
    for (int32_t lane = 0; lane < patches; ++lane) {
        out[lane * layer->out_c] = outputs[lane];
    }
}

void ls_conv_2d(const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t n = window->kernel_h * window->kernel_w * window->in_c;
    const int32_t positions = window->out_h * window->out_w, channels = layer->out_c;
    column columns[(n + TOGETHER - 1) / TOGETHER];
    for (int32_t p = 0; p < positions; p += WIDE, out += WIDE * channels) {
        gather(layer, in, p, patches, columns);
        for (int32_t c = 0; c < channels; c += FILTERS) {
            const int8_t *filters[FILTERS];
            int32_t sums[FILTERS][WIDE];
            for (int32_t f = 0; f < FILTERS; ++f) { /* the last one once more where there are fewer */
                filters[f] = layer->weights + min_of(c + f, channels - 1) * n;
            }
            multiply(columns, filters, n, sums);
            for (int32_t f = 0; f < FILTERS && c + f < channels; ++f) {
                put(layer, c + f, sums[f], min_of(positions - p, WIDE), out + c + f);
            }
        }
    }
}

/* So many channels, at most WIDE, of one position; of input and weights they are `apart`. */
static inline void put_channels(
    const ls_convolution *layer, int32_t c, int32_t count, const int8_t *a, int32_t n, int8_t *out) {
    const int32_t apart = layer->out_c;
    const ls_range range = layer->out;
    const size_t some = (size_t)count;
    bytes inputs = {0}, weights = {0};
    ints sums = {0};
    int8_t outputs[WIDE];
    memcpy(&sums, layer->bias + c, some * sizeof *layer->bias);
    for (int32_t i = c; i < n; i += apart) {
        memcpy(&inputs, a + i, some);
        memcpy(&weights, layer->weights + i, some);
        const shorts factors = __builtin_convertvector(weights, shorts);
        const shorts products = __builtin_convertvector(inputs, shorts) * factors; /* at most 2^14 */
        sums += __builtin_convertvector(products, ints);
    }
    for (int32_t lane = 0; lane < count; ++lane) {
        outputs[lane] = ranged(scaled(sums[lane], ls_scale_of(layer, c + lane)), range);
    }
    memcpy(out + c, outputs, (size_t)count);
}

void ls_depthwise_conv_2d(
    const ls_convolution *layer, const int8_t *in, int8_t *out, int8_t *patches) {
    const ls_window *window = &layer->window;
    const int32_t channels = layer->out_c, n = window->kernel_h * window->kernel_w * channels;
    const int32_t positions = window->out_h * window->out_w;
    for (int32_t p = 0; p < positions; ++p, out += channels) {
        const int8_t *a = patch(window, in, p, layer->in_zero, patches);
        int32_t c = 0;
        for (; c + WIDE <= channels; c += WIDE) {
            put_channels(layer, c, WIDE, a, n, out);
        }
        if (c < channels) {
            put_channels(layer, c, channels - c, a, n, out);
        }
    }
}
#endif
