/* What JavaScript calls: one stream of sound, which begins anew with reset.
 *
 * Numbers and addresses are all that cross over; index.js makes answers of them.
 */
#include <stddef.h>
#include <wasm_simd128.h>

#include "ls_recognizer.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define BLOCK 4096u /* samples that come at once */

static ls_recognizer recognizer;
static float block[BLOCK + 8];
static float probabilities[LS_MODEL_OUTPUT_SIZE];

EXPORT(sampleRate) uint32_t sample_rate(void) { return LS_SAMPLE_RATE; }

/* Samples of a window, and from one to the next of a recording; 0: its central one stands for all. */
EXPORT(windowSize) uint32_t window_size(void) { return WINDOW_SIZE; }
EXPORT(hopSize) uint32_t hop_size(void) { return HOP_SIZE; }

/* Whether a recording's answer is of each class the largest of its windows, and not their mean. */
EXPORT(takesLargest) int32_t takes_largest(void) { return TAKES_LARGEST; }

EXPORT(classes) uint32_t classes(void) { return LS_MODEL_OUTPUT_SIZE; }
EXPORT(label) const char *label(int32_t index) { return ls_model_label(index); }
EXPORT(threshold) float threshold(void) { return LS_MODEL_THRESHOLD; }
EXPORT(blockSize) uint32_t block_size(void) { return BLOCK; }
EXPORT(block) float *place_of_block(void) { return block; }
EXPORT(probabilities) const float *place_of_probabilities(void) { return probabilities; }
EXPORT(reset) void reset(void) { ls_recognizer_init(&recognizer); }

/* Four samples from -1 to 1 in steps of 16 bits, ties to even; what is beyond them stays so. */
static v128_t steps(const float *at) {
    const v128_t scaled = wasm_f32x4_mul(wasm_v128_load(at), wasm_f32x4_const_splat(32768.0f));
    return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(scaled));
}

/* Samples as 16 bits, in whole vectors of eight. */
static void round_all(const float *from, uint32_t n, int16_t *to) {
    for (uint32_t i = 0; i < n; i += 8) {
        wasm_v128_store(to + i, wasm_i16x8_narrow_i32x4(steps(from + i), steps(from + i + 4)));
    }
}

/* Hear samples first to end of the block; returns how many were taken, fewer if a window became
 * whole. */
EXPORT(hear) uint32_t hear(uint32_t first, uint32_t end) {
    static int16_t samples[BLOCK + 8];
    const uint32_t n = end <= BLOCK && first < end ? end - first : 0;
    round_all(block + first, n, samples);
    return (uint32_t)ls_recognizer_hear(&recognizer, samples, n);
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
