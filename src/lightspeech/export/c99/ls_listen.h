/* The loop behind a microphone: samples come, also from an interrupt, and answers go.
 *
 *     static ls_listener listener;
 *     ls_listener_init(&listener);
 *     ls_listener_hear(&listener, block, n);  // from the callback of the microphone
 *     for (;;) {                              // meanwhile
 *         float probabilities[LS_MODEL_OUTPUT_SIZE];
 *         if (ls_listener_step(&listener, probabilities) == LS_LISTENER_ANSWER) { ... }
 *     }
 *
 * A model that must know its speaker learns him between
 * ls_frontend_listen(&listener.recognizer.frontend) and ls_frontend_know, and has no answer before.
 */
#ifndef LS_LISTEN_H
#define LS_LISTEN_H

#include "ls_recognizer.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LS_HELD
#define LS_HELD 4096u /* samples that may come while the network runs, a power of two */
#endif

#define LS_LEAST_SHARE 0.4f /* of speech in a window, below which its answer is uncertain */

typedef struct {
    int16_t samples[LS_HELD]; /* ring */
    volatile uint32_t heard;  /* samples that came, all in all */
    uint32_t taken;           /* of them by the front end */
    ls_recognizer recognizer;
} ls_listener;

typedef enum {
    LS_LISTENER_IDLE,   /* all that came is heard, and nothing is due */
    LS_LISTENER_ANSWER, /* a window was answered */
    LS_LISTENER_NONE,   /* a window is whole in which nobody speaks: there is no answer */
    LS_LISTENER_LATE    /* more came than is held: sound was lost, the stream begins anew */
} ls_listener_event;

void ls_listener_init(ls_listener *listener);

/* Keep samples of LS_SAMPLE_RATE Hz; may interrupt ls_listener_step, but not itself. */
void ls_listener_hear(ls_listener *listener, const int16_t *samples, uint32_t n);

/* Hear what came, and answer once a window is whole: LS_MODEL_OUTPUT_SIZE probabilities. */
ls_listener_event ls_listener_step(ls_listener *listener, float *probabilities);

/* The likeliest class of the answer that was just given, or -1 where it is uncertain: below
 * its number of LS_MODEL_THRESHOLDS, or too little of the window is speech. */
int ls_listener_best(const ls_listener *listener, const float *probabilities);

#ifdef __cplusplus
}
#endif

#endif
