/* The device's program for a pipe: windows of 16-bit samples in, probabilities out.
 *
 * Its argument is the number of samples of a window. The stream begins anew for each. With
 * LS_FEATURES defined there is no front end, and windows of int8 features come instead.
 */
#include <stdio.h>
#include <stdlib.h>

#ifdef LS_FEATURES
#include "ls_model.h"

static ls_model model;

/* Answer a window; returns 0 where the input ends. */
static int answer(size_t samples, float *probabilities) {
    (void)samples;
    if (fread(ls_model_input(&model), 1, LS_MODEL_INPUT_SIZE, stdin) != LS_MODEL_INPUT_SIZE) {
        return 0;
    }
    ls_model_run(&model);
    ls_model_probabilities(&model, probabilities);
    return 1;
}
#else
#include "ls_recognizer.h"

static ls_recognizer recognizer;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static int answer(size_t samples, float *probabilities) {
    int16_t block[256];
    ls_recognizer_init(&recognizer);
    while (samples > 0) {
        const size_t n = least(samples, sizeof block / sizeof block[0]);
        if (fread(block, sizeof block[0], n, stdin) != n) {
            return 0;
        }
        for (size_t used = 0; used < n;) {
            used += ls_recognizer_hear(&recognizer, block + used, n - used);
        }
        samples -= n;
    }
    if (!ls_recognizer_due(&recognizer)) {
        return 0;
    }
    ls_recognizer_answer(&recognizer, probabilities);
    return 1;
}
#endif

int main(int count, char **arguments) {
    const long samples = count == 2 ? strtol(arguments[1], NULL, 10) : 0;
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    while (samples > 0 && answer((size_t)samples, probabilities)) {
        fwrite(probabilities, sizeof probabilities[0], LS_MODEL_OUTPUT_SIZE, stdout);
    }
    return 0;
}
