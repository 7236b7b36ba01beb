/* The device's program as a library: sound in, probabilities and where somebody speaks out.
 *
 * Samples are floats from -1 to 1, as the 16 bits that a device hears. What a thread needs is its own,
 * so that any number of them may call at once.
 */
#include <math.h>
#include <string.h>

#include "ls_frontend.h"
#include "ls_model.h"

#define BLOCK 1024 /* samples that are rounded at once */

typedef struct {
    ls_frontend frontend;
    ls_model network;
    uint32_t frames; /* of the first window, which are in the network's input */
    uint32_t marks;  /* of cells of the voice gate, that were told */
} listener;

static __thread listener self;

const int32_t library_has_gate = LS_GATE;

static void begin(void) {
    ls_frontend_init(&self.frontend);
    self.frames = 0;
    self.marks = 0;
}

/* The features of the first window are put into the network's input. */
static void take_features(void) {
#if LS_STREAMS
    const int8_t *frame;
    while ((frame = ls_frontend_frame(&self.frontend)) != NULL) {
        if (self.frames < LS_WINDOW_FRAMES) {
            int8_t *const to = ls_model_input(&self.network) + self.frames * LS_N_FEATURES;
            memcpy(to, frame, LS_N_FEATURES);
            self.frames++;
        }
    }
#else
    if (ls_frontend_due(&self.frontend) && self.frames == 0) {
        ls_frontend_window(&self.frontend, ls_model_input(&self.network));
        self.frames = LS_WINDOW_FRAMES;
    }
    ls_frontend_skip(&self.frontend);
#endif
}

/* Which cells sound like speech, up to so many. */
static void take_marks(uint8_t *marks, uint32_t n) {
#if LS_GATE
    const ls_gate *const gate = &self.frontend.gate;
    for (; self.marks < gate->cells && self.marks < n; self.marks++) {
        marks[self.marks] = gate->speech[self.marks % LS_GATE_CELLS];
    }
#else
    (void)marks;
    (void)n;
#endif
}

static void hear(const int16_t *samples, size_t n, uint8_t *marks, uint32_t n_marks) {
    while (n > 0) {
        const size_t used = ls_frontend_push(&self.frontend, samples, n);
        samples += used;
        n -= used;
        take_features();
        take_marks(marks, n_marks);
    }
}

static void hear_floats(const float *samples, size_t n, uint8_t *marks, uint32_t n_marks) {
    int16_t rounded[BLOCK];
    for (; n > 0; samples += BLOCK) {
        const size_t some = n < BLOCK ? n : BLOCK;
        for (size_t i = 0; i < some; i++) {
            const float step = rintf(samples[i] * 32768.0f); /* ties to even */
            rounded[i] = (int16_t)(step < -32768.0f ? -32768.0f : step > 32767.0f ? 32767.0f : step);
        }
        hear(rounded, some, marks, n_marks);
        n -= some;
    }
}

static void answer(float *probabilities) {
    ls_model_run(&self.network);
    ls_model_probabilities(&self.network, probabilities);
}

/* Answer one window of so many samples: LS_MODEL_OUTPUT_SIZE probabilities. */
void library_answer(const float *window, size_t n, float *probabilities) {
    begin();
    hear_floats(window, n, NULL, 0);
    answer(probabilities);
}

/* Hear a recording: so many cells of the voice gate, after the last sample silence, and whether they
 * sound like speech; and answer the window that it begins with, unless there is no place for that. */
void library_listen(
    const float *samples, size_t n, uint8_t *marks, uint32_t n_marks, float *probabilities) {
    static const int16_t silence[LS_HOP_LENGTH] = {0};
    begin();
    hear_floats(samples, n, marks, n_marks);
    if (probabilities != NULL) {
        answer(probabilities);
    }
    while (LS_GATE && self.marks < n_marks) {
        hear(silence, LS_HOP_LENGTH, marks, n_marks);
    }
}
