/* What JavaScript calls: one stream of sound, which begins anew with begin.
 *
 * Numbers and addresses are all that cross over; index.js makes answers of them.
 */
#include <stddef.h>
#include <wasm_simd128.h>

#include "ls_recognizer.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define BLOCK 4096u /* samples that come at once */

/* What hears the stream: for a recording the gate hears all of it, the network windows. */
typedef enum { ALL, NETWORK, GATE } hearing;

static ls_recognizer recognizer;
static hearing heard_by;
static float block[BLOCK + 8];
static float probabilities[LS_MODEL_OUTPUT_SIZE];

/* JSON: labels, sizes, and how windows become the answer to a recording. */
EXPORT(about) const char *about(void) { return ABOUT; }

EXPORT(blockSize) uint32_t block_size(void) { return BLOCK; }
EXPORT(block) float *place_of_block(void) { return block; }
EXPORT(probabilities) const float *place_of_probabilities(void) { return probabilities; }

EXPORT(begin) void begin(hearing by) {
    heard_by = by;
    ls_recognizer_init(&recognizer);
    if (by == NETWORK) {
        ls_frontend_leave_gate(&recognizer.frontend);
    }
}

/* Four samples in steps of 16 bits, of which one is given, ties to even; what is beyond stays so. */
static v128_t steps(const float *at, float one) {
    const v128_t scaled = wasm_f32x4_mul(wasm_v128_load(at), wasm_f32x4_splat(one));
    return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(scaled));
}

/* Samples as 16 bits, in whole vectors of eight. */
static void round_all(const float *from, uint32_t n, float one, int16_t *to) {
    for (uint32_t i = 0; i < n; i += 8) {
        wasm_v128_store(
            to + i, wasm_i16x8_narrow_i32x4(steps(from + i, one), steps(from + i + 4, one)));
    }
}

static size_t hear_some(const int16_t *samples, size_t n) {
    return heard_by == GATE ? ls_frontend_push(&recognizer.frontend, samples, n)
                            : ls_recognizer_hear(&recognizer, samples, n);
}

/* Hear samples first to end of the block, of which full scale is given; returns how many were taken,
 * fewer if a window became whole. */
EXPORT(hear) uint32_t hear(uint32_t first, uint32_t end, float one) {
    static int16_t samples[BLOCK + 8];
    const size_t n = end <= BLOCK && first < end ? end - first : 0;
    size_t used = 0;
    round_all(block + first, n, one, samples);
    while (used < n && !ls_recognizer_due(&recognizer)) {
        used += hear_some(samples + used, n - used);
    }
    return used;
}

EXPORT(due) int32_t due(void) { return ls_recognizer_due(&recognizer); }

/* Answer the window that is whole. */
EXPORT(answer) void answer(void) { ls_recognizer_answer(&recognizer, probabilities); }

/* Hear on without an answer to the window that is whole. */
EXPORT(skip) void skip(void) { ls_recognizer_skip(&recognizer); }

/* Share of the last window in which somebody speaks. */
EXPORT(speech) float speech(void) { return ls_frontend_speech(&recognizer.frontend); }

#if LS_GATE
/* Cells of the voice gate that were heard, and whether one of the last sounds like speech. */
EXPORT(cells) uint32_t cells(void) { return recognizer.frontend.gate.cells; }
EXPORT(sounds) uint32_t sounds(uint32_t cell) {
    return recognizer.frontend.gate.speech[cell % LS_GATE_CELLS];
}
#endif
