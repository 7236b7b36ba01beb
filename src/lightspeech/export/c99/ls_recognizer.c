#include "ls_recognizer.h"

void ls_recognizer_init(ls_recognizer *recognizer) {
    ls_frontend_init(&recognizer->frontend);
#if LS_STREAMS
    ls_stream_reset(&recognizer->network);
#endif
}

size_t ls_recognizer_hear(ls_recognizer *recognizer, const int16_t *samples, size_t n) {
    const size_t used = ls_frontend_push(&recognizer->frontend, samples, n);
#if LS_STREAMS
    const int8_t *frame;
    while ((frame = ls_frontend_frame(&recognizer->frontend)) != NULL) {
        ls_stream_hear(&recognizer->network, frame);
    }
#endif
    return used;
}

int ls_recognizer_due(const ls_recognizer *recognizer) {
    return ls_frontend_due(&recognizer->frontend);
}

void ls_recognizer_answer(ls_recognizer *recognizer, float *probabilities) {
#if LS_STREAMS
    ls_stream_probabilities(&recognizer->network, probabilities);
    ls_frontend_skip(&recognizer->frontend);
#else
    ls_frontend_window(&recognizer->frontend, ls_model_input(&recognizer->network));
    ls_model_run(&recognizer->network);
    ls_model_probabilities(&recognizer->network, probabilities);
#endif
}

void ls_recognizer_skip(ls_recognizer *recognizer) { ls_frontend_skip(&recognizer->frontend); }
