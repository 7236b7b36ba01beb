/* The device's program for a pipe: windows of 16-bit samples in, probabilities out.
 *
 * Its argument is the number of samples of a window. The stream begins anew for each. With
 * LS_FEATURES defined there is no front end, and windows of int8 features come instead.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ls_model.h"

static ls_model model;

#ifdef LS_FEATURES
static int hear(size_t samples) {
    (void)samples;
    return fread(ls_model_input(&model), 1, LS_MODEL_INPUT_SIZE, stdin) == LS_MODEL_INPUT_SIZE;
}
#else
#include "ls_frontend.h"

static ls_frontend frontend;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Returns 0 where the input ends, 1 after a window. */
static int hear(size_t samples) {
    int16_t block[256];
    ls_frontend_init(&frontend);
    while (samples > 0) {
        const size_t n = least(samples, sizeof block / sizeof block[0]);
        if (fread(block, sizeof block[0], n, stdin) != n) {
            return 0;
        }
        for (size_t used = 0; used < n;) {
            used += ls_frontend_push(&frontend, block + used, n - used);
        }
        samples -= n;
    }
    if (!ls_frontend_due(&frontend)) {
        return 0;
    }
    ls_frontend_window(&frontend, ls_model_input(&model));
    return 1;
}
#endif

int main(int count, char **arguments) {
    const long samples = count == 2 ? strtol(arguments[1], NULL, 10) : 0;
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    while (samples > 0 && hear((size_t)samples)) {
        ls_model_run(&model);
        ls_model_probabilities(&model, probabilities);
        fwrite(probabilities, sizeof probabilities[0], LS_MODEL_OUTPUT_SIZE, stdout);
    }
    return 0;
}
