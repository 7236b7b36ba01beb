/* Sound to the int8 features that the network hears, frame by frame as the samples arrive.
 *
 * Sizes and tables are in ls_frontend_config.h and ls_frontend_tables.h, which lightspeech writes.
 * No allocation, no file, no global variable: all state is in the struct, so that two streams need
 * two structs and nothing else. In a loop over the blocks of a microphone:
 *
 *     while (n > 0) {
 *         size_t used = ls_frontend_push(&frontend, samples, n);
 *         samples += used;
 *         n -= used;
 *         if (ls_frontend_due(&frontend)) {
 *             ls_frontend_window(&frontend, input);  // now run the network on input
 *         }
 *     }
 *
 * Where the network hears a stream (LS_STREAMS) it is given each frame once, and no window:
 * ls_frontend_frame. ls_recognizer.h knows both ways.
 *
 * A model that must know its speaker (LS_LEARNS) has no window due before it does: push some seconds
 * of his speech between ls_frontend_listen and ls_frontend_know, again whenever another one speaks.
 */
#ifndef LS_FRONTEND_H
#define LS_FRONTEND_H

#include <stddef.h>
#include <stdint.h>

#include "ls_frontend_config.h"
#if LS_GATE
#include "ls_gate.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Frames that are computed side by side, as many as a vector of the processor holds floats: a power
 * of two. Each gets the very same sums in the same order, so that its bits do not depend on it. */
#ifndef LS_LANES
#ifdef __wasm_simd128__
#define LS_LANES (LS_HOP_LENGTH <= LS_N_FFT ? 4 : 1)
#elif defined LS_VECTORS
#define LS_LANES (LS_HOP_LENGTH <= LS_N_FFT ? 16 : 1)
#else
#define LS_LANES 1
#endif
#endif
#if LS_LANES > 1
typedef float ls_lanes __attribute__((vector_size(4 * LS_LANES)));
#else
typedef float ls_lanes;
#endif
#define LS_HEARD (LS_N_FFT * LS_LANES) /* samples: these frames overlap */

#if LS_RELATIVE
typedef int16_t ls_kept; /* a log band in fine steps: what it is relative to is found in the window */
#else
typedef int8_t ls_kept; /* what the network takes */
#endif

#ifdef LS_FIXED /* no floating point unit: all but the answers in whole numbers */
typedef struct {
    int32_t re, im;
} ls_point;
#endif

typedef struct {
    int16_t samples[LS_HEARD];                       /* of the frames to come */
#if LS_STREAMS
    int8_t frames[LS_LANES][LS_N_FEATURES];          /* what the network hears, not taken yet */
    uint32_t ready, taken;                           /* of these frames */
#if LS_RECENT_FRAMES
    ls_kept loudest[LS_RECENT_FRAMES];               /* ring: the loudest band of each frame */
#endif
#else
    ls_kept frames[LS_WINDOW_FRAMES][LS_N_FEATURES]; /* ring: what the network hears at once */
#endif
#ifdef LS_FIXED
    union {
        ls_point points[LS_N_FFT / 2 + 1];
        uint64_t energies[LS_N_FFT / 2 + 1];
    } work;
    int16_t bands[LS_N_MELS]; /* steps of their logarithm */
    int32_t shift;            /* bits that the frame was shifted up by */
#else
    ls_lanes work[LS_N_FFT];                         /* points of frames side by side; then bands */
    ls_lanes energy[LS_N_FFT / 2 + 1];               /* their spectra */
#endif
    uint32_t n_samples;                              /* that are held */
    uint32_t to_skip;                                /* samples to come that are in no frame */
    uint32_t waiting;                                /* frames that are whole, not yet computed */
    uint32_t next_frame;                             /* place in the ring of frames, or of loudest */
    uint32_t frames_to_window;                       /* frames until the next window is whole */
    int due;                                         /* a window is whole that nobody has asked for */
#if LS_GATE
    ls_gate gate;
#ifdef LS_FIXED
    int32_t levels[LS_GATE_BANDS];
#else
    ls_lanes pooled[LS_GATE_BANDS]; /* energies of neighbouring mel bands of a frame, summed */
#endif
    uint32_t to_gate;            /* frames until the gate hears one */
#endif
#if LS_LEARNS
    float gain[LS_N_FEATURES];    /* standardization for whoever is known */
    float offset[LS_N_FEATURES];
    float mean[LS_N_FEATURES];    /* of the features of the frames listened to */
    float squares[LS_N_FEATURES]; /* of their distances from it, summed */
    uint32_t listened;            /* frames */
    int listening;
    int known;
#endif
} ls_frontend;

/* Begin a stream: the first window is due after LS_WINDOW_FRAMES frames. */
void ls_frontend_init(ls_frontend *state);

/* Hear samples of LS_SAMPLE_RATE Hz; returns how many were taken, fewer than n if a window, or a frame
 * of a stream, became whole before the last of them. */
size_t ls_frontend_push(ls_frontend *state, const int16_t *samples, size_t n);

/* Is a window whole that was not taken yet? A window not taken in time gives way to the next. */
int ls_frontend_due(const ls_frontend *state);

/* Nobody asks for this window. */
void ls_frontend_skip(ls_frontend *state);

#if LS_STREAMS
/* The oldest frame that was not taken, LS_N_FEATURES bytes; NULL if there is none. Take all of them
 * before more is heard: what is not taken by then is lost. */
const int8_t *ls_frontend_frame(ls_frontend *state);
#else
/* Copy the last LS_WINDOW_FRAMES frames, oldest first: LS_WINDOW_FRAMES * LS_N_FEATURES bytes. */
void ls_frontend_window(ls_frontend *state, int8_t *features);
#endif

/* Share of the last window in which somebody speaks: 0, where nobody does, to 1. Where LS_GATE is 0
 * the gate knows no such mel bands, and it is 1. */
float ls_frontend_speech(const ls_frontend *state);

/* Until the stream begins anew the gate hears nothing, where only probabilities are asked for. */
void ls_frontend_leave_gate(ls_frontend *state);

#if LS_LEARNS
/* From now on learn the voice of whoever speaks, from the beginning. */
void ls_frontend_listen(ls_frontend *state);

/* Know him: the stream begins anew. Returns 0, and changes nothing, if no frame was listened to. */
int ls_frontend_know(ls_frontend *state);
#endif

#ifdef __cplusplus
}
#endif

#endif
