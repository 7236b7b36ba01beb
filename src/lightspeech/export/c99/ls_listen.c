#include "ls_listen.h"

static const float THRESHOLDS[LS_MODEL_OUTPUT_SIZE] = LS_MODEL_THRESHOLDS;

void ls_listener_init(ls_listener *listener) {
    listener->heard = 0;
    listener->taken = 0;
    ls_recognizer_init(&listener->recognizer);
}

void ls_listener_hear(ls_listener *listener, const int16_t *samples, uint32_t n) {
    const uint32_t heard = listener->heard;
    for (uint32_t i = 0; i < n; i++) {
        listener->samples[(heard + i) % LS_HELD] = samples[i];
    }
    listener->heard = heard + n;
}

/* Hear until a window is whole, or nothing waits. Returns how many samples still do. */
static uint32_t hear(ls_listener *listener) {
    uint32_t waiting = listener->heard - listener->taken;
    while (waiting > 0 && waiting <= LS_HELD && !ls_recognizer_due(&listener->recognizer)) {
        const uint32_t at = listener->taken % LS_HELD;
        const uint32_t n = waiting < LS_HELD - at ? waiting : LS_HELD - at;
        listener->taken +=
            (uint32_t)ls_recognizer_hear(&listener->recognizer, listener->samples + at, n);
        waiting = listener->heard - listener->taken;
    }
    return waiting;
}

ls_listener_event ls_listener_step(ls_listener *listener, float *probabilities) {
    const uint32_t waiting = hear(listener);
    if (waiting > LS_HELD) {
        listener->taken += waiting;
        ls_recognizer_init(&listener->recognizer);
        return LS_LISTENER_LATE;
    }
    if (!ls_recognizer_due(&listener->recognizer)) {
        return LS_LISTENER_IDLE;
    }
    if (ls_frontend_speech(&listener->recognizer.frontend) <= 0.0f) {
        ls_recognizer_skip(&listener->recognizer);
        return LS_LISTENER_NONE;
    }
    ls_recognizer_answer(&listener->recognizer, probabilities);
    return LS_LISTENER_ANSWER;
}

int ls_listener_best(const ls_listener *listener, const float *probabilities) {
    const float speech = ls_frontend_speech(&listener->recognizer.frontend);
    int best = 0;
    for (int i = 1; i < LS_MODEL_OUTPUT_SIZE; i++) {
        best = probabilities[i] > probabilities[best] ? i : best;
    }
    return probabilities[best] >= THRESHOLDS[best] && speech >= LS_LEAST_SHARE ? best : -1;
}
