#include "ls_gate.h"

#include "ls_pairs.h"

#ifdef __wasm_simd128__
#include <string.h>
#include <wasm_simd128.h>
#endif

#ifdef LS_VECTORS /* whole numbers too, which need not be converted */
#include <string.h>

typedef float gate_weight;
#else
typedef int8_t gate_weight;
#endif

/* A causal convolution over cells; the weights of one input lie side by side. */
typedef struct {
    const gate_weight *weights;
    const int32_t *bias;
    const uint8_t *shift; /* bits that a sum is shifted down by, rounded */
    uint8_t inputs, outputs, taps, dilation;
} gate_layer;

#include "ls_gate_tables.h"

#define LAYERS (sizeof layers / sizeof layers[0])

/* Cells that a layer's ring holds. */
static uint32_t rows(const gate_layer *layer) { return (layer->taps - 1u) * layer->dilation + 1u; }

void ls_gate_init(ls_gate *gate) {
    const uint32_t first = rows(layers) * LS_GATE_BANDS;
    for (uint32_t at = 0; at < LS_GATE_MEMORY; at++) {
        gate->memory[at] = at < first ? -LS_GATE_RANGE : 0;
    }
    for (uint32_t at = 0; at < LS_GATE_CELLS; at++) {
        gate->speech[at] = 0;
    }
    gate->peak = LS_GATE_NOTHING;
    gate->cells = 0;
}

/* Levels relative to their running peak. */
static void find_inputs(ls_gate *gate, const int32_t *levels, int8_t *inputs) {
    int32_t peak = gate->peak - LS_GATE_DECAY;
    peak = peak < LS_GATE_NOTHING ? LS_GATE_NOTHING : peak;
    for (uint32_t band = 0; band < LS_GATE_BANDS; band++) {
        peak = levels[band] > peak ? levels[band] : peak;
    }
    gate->peak = peak;
    for (uint32_t band = 0; band < LS_GATE_BANDS; band++) {
        const int32_t below = (peak - levels[band] + LS_GATE_COARSE - 1) / LS_GATE_COARSE;
        inputs[band] = (int8_t)(below < LS_GATE_RANGE ? -below : -LS_GATE_RANGE);
    }
}

/* Where what a tap hears now lies. */
static const int8_t *heard_by(const gate_layer *layer, const int8_t *ring, uint32_t now,
                              uint32_t tap) {
    return ring + (now + 1u + tap * layer->dilation) % rows(layer) * layer->inputs;
}

/* Sum all that one output of a layer hears now. */
static int32_t find_sum(const gate_layer *layer, const int8_t *ring, uint32_t now, uint32_t out) {
    const gate_weight *weight = layer->weights + out;
    int32_t sum = layer->bias[out];
    for (uint32_t tap = 0; tap < layer->taps; tap++) {
        const int8_t *const heard = heard_by(layer, ring, now, tap);
        for (uint32_t in = 0; in < layer->inputs; in++, weight += layer->outputs) {
            sum += heard[in] * (int32_t)*weight;
        }
    }
    return sum;
}

#ifdef __wasm_simd128__
static v128_t more(v128_t sums, v128_t a, v128_t b) {
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(a, b));
}

#define SIDE_BY_SIDE 16u
/* The same of many outputs side by side, two inputs at a time: every layer has an even number. */
static void find_few(const gate_layer *layer, const int8_t *ring, uint32_t now, uint32_t out,
                     int32_t *sums) {
    const gate_weight *weight = layer->weights + out;
    v128_t all[4];
    memcpy(all, layer->bias + out, sizeof all);
    for (uint32_t tap = 0; tap < layer->taps; tap++) {
        const int8_t *const heard = heard_by(layer, ring, now, tap);
        for (uint32_t in = 0; in < layer->inputs; in += 2, weight += 2 * layer->outputs) {
            const v128_t pair = wasm_i16x8_extend_low_i8x16(wasm_v128_load16_splat(heard + in));
            const v128_t a = wasm_v128_load(weight), b = wasm_v128_load(weight + layer->outputs);
            const v128_t low = wasm_i8x16_shuffle(
                a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            const v128_t high = wasm_i8x16_shuffle(
                a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            all[0] = more(all[0], pair, wasm_i16x8_extend_low_i8x16(low));
            all[1] = more(all[1], pair, wasm_i16x8_extend_high_i8x16(low));
            all[2] = more(all[2], pair, wasm_i16x8_extend_low_i8x16(high));
            all[3] = more(all[3], pair, wasm_i16x8_extend_high_i8x16(high));
        }
    }
    memcpy(sums + out, all, sizeof all);
}
#elif defined LS_VECTORS
#define SIDE_BY_SIDE 32u
#define HALF (SIDE_BY_SIDE / 2)
typedef float some_sums __attribute__((vector_size(4 * HALF)));

/* The same of many, in floats: sums are below 2^24, so that they are exact. */
static void find_few(const gate_layer *layer, const int8_t *ring, uint32_t now, uint32_t out,
                     int32_t *sums) {
    const gate_weight *weight = layer->weights + out;
    some_sums low = {0}, high = {0}, some, others;
    for (uint32_t tap = 0; tap < layer->taps; tap++) {
        const int8_t *const heard = heard_by(layer, ring, now, tap);
        for (uint32_t in = 0; in < layer->inputs; in++, weight += layer->outputs) {
            memcpy(&some, weight, sizeof some);
            memcpy(&others, weight + HALF, sizeof others);
            low += (float)heard[in] * some;
            high += (float)heard[in] * others;
        }
    }
    for (uint32_t n = 0; n < HALF; n++) {
        sums[out + n] = (int32_t)low[n] + layer->bias[out + n];
        sums[out + HALF + n] = (int32_t)high[n] + layer->bias[out + HALF + n];
    }
}
#elif defined LS_SMLAD
#define SIDE_BY_SIDE 8u
/* The same of a few outputs side by side, whose sums stay in registers; much of it is 0. */
static void find_few(const gate_layer *layer, const int8_t *ring, uint32_t now, uint32_t out,
                     int32_t *sums) {
    const gate_weight *weight = layer->weights + out;
    const int32_t *const bias = layer->bias + out;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    int32_t e = bias[4], f = bias[5], g = bias[6], h = bias[7];
    for (uint32_t tap = 0; tap < layer->taps; tap++) {
        const int8_t *heard = heard_by(layer, ring, now, tap);
        for (const int8_t *const end = heard + layer->inputs; heard < end; heard++) {
            const int32_t value = *heard;
            if (value != 0) {
                const uint32_t some = four(weight), others = four(weight + 4);
                a += value * lower(even(some));
                b += value * lower(odd(some));
                c = smlabt(value, even(some), c);
                d = smlabt(value, odd(some), d);
                e += value * lower(even(others));
                f += value * lower(odd(others));
                g = smlabt(value, even(others), g);
                h = smlabt(value, odd(others), h);
            }
            weight += layer->outputs;
        }
    }
    sums[out] = a;
    sums[out + 1] = b;
    sums[out + 2] = c;
    sums[out + 3] = d;
    sums[out + 4] = e;
    sums[out + 5] = f;
    sums[out + 6] = g;
    sums[out + 7] = h;
}
#else
#define SIDE_BY_SIDE 4u
static void find_few(const gate_layer *layer, const int8_t *ring, uint32_t now, uint32_t out,
                     int32_t *sums) {
    const gate_weight *weight = layer->weights + out;
    const int32_t *const bias = layer->bias + out;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (uint32_t tap = 0; tap < layer->taps; tap++) {
        const int8_t *const heard = heard_by(layer, ring, now, tap);
        for (uint32_t in = 0; in < layer->inputs; in++, weight += layer->outputs) {
            const int32_t value = heard[in];
            if (value != 0) {
                a += value * weight[0];
                b += value * weight[1];
                c += value * weight[2];
                d += value * weight[3];
            }
        }
    }
    sums[out] = a;
    sums[out + 1] = b;
    sums[out + 2] = c;
    sums[out + 3] = d;
}
#endif

/* Sum all that a layer hears now. */
static void find_sums(const gate_layer *layer, const int8_t *ring, uint32_t now, int32_t *sums) {
    uint32_t out = 0;
    for (; out + SIDE_BY_SIDE <= layer->outputs; out += SIDE_BY_SIDE) {
        find_few(layer, ring, now, out, sums);
    }
    for (; out < layer->outputs; out++) {
        sums[out] = find_sum(layer, ring, now, out);
    }
}

static int8_t rounded(int32_t sum, uint8_t shift) {
    const int32_t value = sum <= 0 ? 0 : (sum + (INT32_C(1) << (shift - 1))) >> shift;
    return (int8_t)(value < LS_GATE_LARGEST ? value : LS_GATE_LARGEST);
}

void ls_gate_hear(ls_gate *gate, const int32_t *levels) {
    int8_t *ring = gate->memory;
    int32_t sums[LS_GATE_WIDTH];
    find_inputs(gate, levels, ring + gate->cells % rows(layers) * LS_GATE_BANDS);
    for (uint32_t n = 0; n < LAYERS; n++) {
        const gate_layer *const layer = layers + n;
        int8_t *const next = ring + rows(layer) * layer->inputs;
        find_sums(layer, ring, gate->cells % rows(layer), sums);
        if (n + 1 < LAYERS) {
            int8_t *const row = next + gate->cells % rows(layer + 1) * layer->outputs;
            const uint8_t *const shift = layer->shift;
            const uint32_t outputs = layer->outputs; /* else read after every byte that is written */
            for (uint32_t out = 0; out < outputs; out++) {
                row[out] = rounded(sums[out], shift[out]);
            }
        }
        ring = next;
    }
    gate->speech[gate->cells % LS_GATE_CELLS] = sums[0] >= LS_GATE_LEAST_SUM;
    gate->cells++;
}

/* Does a cell, or one near it, sound like speech? Both are counted from the oldest of the ring. */
static uint32_t held(const ls_gate *gate, uint32_t cell) {
    for (uint32_t at = cell; at <= cell + 2u * LS_GATE_HOLD; at++) {
        if (gate->speech[(gate->cells + at) % LS_GATE_CELLS]) {
            return 1;
        }
    }
    return 0;
}

/* Of the last window that counts of which all is known: what is said of a cell comes later. */
float ls_gate_share(const ls_gate *gate) {
    uint32_t sounds = 0, begins = 0, speech = 0;
    uint8_t before = 1; /* what begins before the window is no run of its own */
    for (uint32_t cell = 0; cell < LS_GATE_KNOWN; cell++) {
        const uint8_t now = gate->speech[(gate->cells + cell + LS_GATE_HOLD) % LS_GATE_CELLS];
        sounds += now;
        begins += now > before;
        before = now;
        speech += held(gate, cell);
    }
    const uint32_t flickers = sounds < LS_GATE_LEAST_RUN * begins; /* of it nothing is held */
    const uint32_t share = flickers ? sounds : speech;
    return sounds < LS_GATE_LEAST_CELLS ? 0.0f : (float)share / LS_GATE_KNOWN;
}
