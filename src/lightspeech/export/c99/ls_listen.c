#include "ls_listen.h"

void ls_listener_init(ls_listener *listener) {
    listener->heard = 0;
    listener->taken = 0;
    ls_frontend_init(&listener->frontend);
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
    while (waiting > 0 && waiting <= LS_HELD && !ls_frontend_due(&listener->frontend)) {
        const uint32_t at = listener->taken % LS_HELD;
        const uint32_t n = waiting < LS_HELD - at ? waiting : LS_HELD - at;
        listener->taken +=
            (uint32_t)ls_frontend_push(&listener->frontend, listener->samples + at, n);
        waiting = listener->heard - listener->taken;
    }
    return waiting;
}

ls_listener_event ls_listener_step(ls_listener *listener, float *probabilities) {
    const uint32_t waiting = hear(listener);
    if (waiting > LS_HELD) {
        listener->taken += waiting;
        ls_frontend_init(&listener->frontend);
        return LS_LISTENER_LATE;
    }
    if (!ls_frontend_due(&listener->frontend)) {
        return LS_LISTENER_IDLE;
    }
    ls_frontend_window(&listener->frontend, ls_model_input(&listener->model));
    if (ls_frontend_speech(&listener->frontend) <= 0.0f) {
        return LS_LISTENER_NONE;
    }
    ls_model_run(&listener->model);
    ls_model_probabilities(&listener->model, probabilities);
    return LS_LISTENER_ANSWER;
}

int ls_listener_best(const float *probabilities) {
    int best = 0;
    for (int i = 1; i < LS_MODEL_OUTPUT_SIZE; i++) {
        best = probabilities[i] > probabilities[best] ? i : best;
    }
    return probabilities[best] >= LS_MODEL_THRESHOLD ? best : -1;
}
