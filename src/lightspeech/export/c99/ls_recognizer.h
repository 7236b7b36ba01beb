/* Front end and network as one: samples in, answers out.
 *
 *     static ls_recognizer recognizer;
 *     ls_recognizer_init(&recognizer);
 *     while (n > 0) {                                  // samples of the microphone
 *         size_t used = ls_recognizer_hear(&recognizer, samples, n);
 *         samples += used;
 *         n -= used;
 *         if (ls_recognizer_due(&recognizer)) {        // once a hop
 *             ls_recognizer_answer(&recognizer, probabilities);
 *         }
 *     }
 *
 * A network that hears a stream (LS_STREAMS) is given every frame as it comes; any other one a window,
 * when that is whole. All state is in the struct: two streams need two of them and nothing else.
 */
#ifndef LS_RECOGNIZER_H
#define LS_RECOGNIZER_H

#include "ls_frontend.h"
#include "ls_model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    ls_frontend frontend;
#if LS_STREAMS
    ls_stream network;
#else
    ls_model network;
#endif
} ls_recognizer;

/* Begin a stream: the first answer is due when a window is whole. */
void ls_recognizer_init(ls_recognizer *recognizer);

/* Hear samples of LS_SAMPLE_RATE Hz; returns how many were taken, fewer than n where an answer may be
 * due. */
size_t ls_recognizer_hear(ls_recognizer *recognizer, const int16_t *samples, size_t n);

/* Is a window whole that was neither answered nor skipped? */
int ls_recognizer_due(const ls_recognizer *recognizer);

/* Answer the window that is whole: LS_MODEL_OUTPUT_SIZE probabilities. */
void ls_recognizer_answer(ls_recognizer *recognizer, float *probabilities);

/* Hear on without an answer to it. */
void ls_recognizer_skip(ls_recognizer *recognizer);

#ifdef __cplusplus
}
#endif

#endif
