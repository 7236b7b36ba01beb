#include "ls_frontend.h"

#include <math.h> /* sqrtf, for features of magnitudes and for deviations */
#include <string.h>
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#include "ls_frontend_tables.h"

#define HALF (LS_N_FFT / 2)
#define FINISHES_AT_ONCE (LS_STREAMS && LS_RECENT_FRAMES && LS_LANES > 1) /* frames side by side */

#ifdef LS_FIXED
#include "ls_frontend_fixed.h"
#else
#ifdef LS_MAKES_TABLES
#include "ls_make_tables.h"
#endif
#include "ls_frontend_points.h"

/* Of a number of frames side by side, that of one. */
static inline float at(const ls_lanes *x, uint32_t lane) { return ((const float *)x)[lane]; }

#if LS_LANES > 1
/* Two samples of each frame in one word, frames side by side, where their spectra will be. */
#ifdef __wasm_simd128__
static void gather(ls_frontend *state) {
    v128_t *to = (v128_t *)(void *)state->energy;
    for (uint32_t n = 0; n < LS_N_FFT; n += 8, to += 4) {
        const v128_t a = wasm_v128_load(state->samples + n);
        const v128_t b = wasm_v128_load(state->samples + n + LS_HOP_LENGTH);
        const v128_t c = wasm_v128_load(state->samples + n + 2 * LS_HOP_LENGTH);
        const v128_t d = wasm_v128_load(state->samples + n + 3 * LS_HOP_LENGTH);
        const v128_t ab = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
        const v128_t cd = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5);
        const v128_t next_ab = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
        const v128_t next_cd = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
        to[0] = wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5);
        to[1] = wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7);
        to[2] = wasm_i32x4_shuffle(next_ab, next_cd, 0, 1, 4, 5);
        to[3] = wasm_i32x4_shuffle(next_ab, next_cd, 2, 3, 6, 7);
    }
}
#else
static void gather(ls_frontend *state) {
    int32_t *pairs = (int32_t *)(void *)state->energy;
    for (uint32_t n = 0; n < LS_N_FFT; n += 2) {
        for (uint32_t lane = 0; lane < LS_LANES; lane++) {
            memcpy(pairs++, state->samples + lane * LS_HOP_LENGTH + n, sizeof *pairs);
        }
    }
}
#endif
#endif

/* Sample n of the frames that wait, and the next: lanes without a frame hear anything. */
#if LS_LANES > 1
#define PAIR(state, n) (((const int_lanes *)(const void *)(state)->energy)[(n) / 2])
#define HEARD(state, n) (PAIR(state, n) << 16 >> 16)
#define HEARD_NEXT(state, n) (PAIR(state, n) >> 16)
#else
#define HEARD(state, n) ((state)->samples[n])
#define HEARD_NEXT(state, n) ((state)->samples[(n) + 1])
#endif

/* What eight points become, so far apart from each other: each turned by its step of the table. */
INSIDE void put_eight(point *x, const float *turns, uint32_t apart, point *to) {
    transform_eight(x);
    to[0] = x[0];
    to[apart] = turned(x[1], turns);
    to[2 * apart] = turned(x[2], turns + 2);
    to[3 * apart] = turned(x[3], turns + 4);
    to[4 * apart] = turned(x[4], turns + 6);
    to[5 * apart] = turned(x[5], turns + 8);
    to[6 * apart] = turned(x[6], turns + 10);
    to[7 * apart] = turned(x[7], turns + 12);
}

/* Samples from `at` on, two, times the Hann window, which falls as it rises. */
INSIDE point risen(const ls_frontend *state, const float *window, uint32_t at) {
    return product(HEARD(state, at), HEARD_NEXT(state, at), window);
}

INSIDE point fallen(const ls_frontend *state, const float *window, uint32_t at) {
    return falling_product(HEARD(state, at), HEARD_NEXT(state, at), window);
}

/* The first step of the transform, of the samples times their window: even and odd ones are the real
 * and imaginary parts of half as many points. */
static void transform_samples(const ls_frontend *state, point *z) {
    const uint32_t apart = HALF / 8, eighth = LS_N_FFT / 8;
    const float *rises = ls_hann, *falls = ls_hann + HALF, *turns = ls_turns;
    for (uint32_t n = 0; n < eighth; n += 2, rises += 2, falls -= 2, turns += 14) {
        point x[8] = {
            risen(state, rises, n),
            risen(state, rises + eighth, n + eighth),
            risen(state, rises + 2 * eighth, n + 2 * eighth),
            risen(state, rises + 3 * eighth, n + 3 * eighth),
            fallen(state, falls, n + 4 * eighth),
            fallen(state, falls - eighth, n + 5 * eighth),
            fallen(state, falls - 2 * eighth, n + 6 * eighth),
            fallen(state, falls - 3 * eighth, n + 7 * eighth),
        };
        put_eight(x, turns, apart, z + n / 2);
    }
}

/* Blocks of some length, each by eights: of each eighth a block an eighth as long. */
static void transform_blocks(point *z, uint32_t length) {
    const uint32_t apart = length / 8;
    for (uint32_t k = 0; k < apart; k++) {
        const float *const turns = ls_turns + 14 * k * (HALF / length);
        for (point *block = z + k; block < z + HALF; block += length) {
            point x[8] = {
                block[0], block[apart], block[2 * apart], block[3 * apart],
                block[4 * apart], block[5 * apart], block[6 * apart], block[7 * apart],
            };
            put_eight(x, turns, apart, block);
        }
    }
}

/* The rest, whose points are neighbours and are not turned. */
static void transform_neighbours(point *z, uint32_t length) {
    for (point *block = z; block < z + HALF; block += length) {
        if (length == 8) {
            transform_eight(block);
        } else if (length == 4) {
            transform_four(block);
        } else if (length == 2) {
            transform_two(block);
        }
    }
}

/* Fourier transform of HALF points; point k ends at ls_place[k]. */
static void transform(ls_frontend *state) {
    point *const z = (point *)(void *)state->work;
    uint32_t length = HALF / 8;
#if LS_LANES > 1
    gather(state);
#endif
    transform_samples(state, z);
    for (; length > 8; length /= 8) {
        transform_blocks(z, length);
    }
    transform_neighbours(z, length);
}

/* The spectrum of LS_N_FFT real samples from that of half as many points; the window is half as high
 * as it should be, so that sums of two points need no factor. */
static void find_energies(ls_frontend *state) {
    for (uint32_t k = 0; k <= HALF / 2; k++) {
        const ls_lanes *const a = state->work + 2 * ls_place[k];
        const ls_lanes *const b = state->work + 2 * ls_place[HALF - k];
        const ls_lanes even_re = a[0] + b[0], even_im = a[1] - b[1];
        const ls_lanes odd_re = a[1] + b[1], odd_im = b[0] - a[0];
        const float cosine = ls_cosine[k], slope = ls_cosine[HALF / 2 - k];
        const ls_lanes re = odd_re * cosine + odd_im * slope;
        const ls_lanes im = odd_im * cosine - odd_re * slope;
        const ls_lanes sum_re = even_re + re, sum_im = even_im + im;
        const ls_lanes gap_re = even_re - re, gap_im = even_im - im;
        state->energy[k] = sum_re * sum_re + sum_im * sum_im;
        state->energy[HALF - k] = gap_re * gap_re + gap_im * gap_im;
    }
#if LS_POWER == 1
    for (uint32_t k = 0; k <= HALF; k++) {
        float *const energy = (float *)(state->energy + k);
        for (uint32_t lane = 0; lane < LS_LANES; lane++) {
            energy[lane] = sqrtf(energy[lane]);
        }
    }
#endif
}

#if LS_KIND != LS_SPECTROGRAM
/* Natural logarithm of a normal positive number, the same bits on every IEEE machine.
 * x = m 2^e with m in [0.70, 1.41]; log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.18, whose
 * series is cut where the next term is below 2e-9. */
INSIDE ls_lanes natural_log(ls_lanes x) {
    int_lanes bits;
    memcpy(&bits, &x, sizeof bits);
    const int_lanes exponent = (bits - 0x3f3504f3) >> 23;
    bits -= exponent * (1 << 23);
    ls_lanes m;
    memcpy(&m, &bits, sizeof m);
    const ls_lanes s = (m - 1.0f) / (m + 1.0f);
    const ls_lanes z = s * s;
    const ls_lanes series =
        1.0f + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
    return TO_FLOAT(exponent) * 0.693147181f + 2.0f * s * series;
}

/* The logarithms of the mel bands, in the place of the points, which nobody needs any more. Between
 * the centres of two bands one falls by what the next one rises. */
static void find_bands(ls_frontend *state) {
    const float *slope = ls_slopes;
    const ls_lanes *energy = state->energy + LS_FIRST_BIN;
    ls_lanes band = {0};
#if LS_GATE
    memset(state->pooled, 0, sizeof state->pooled);
#endif
    for (uint32_t next = 0; next <= LS_N_MELS; next++) {
        ls_lanes rising = {0};
        for (uint32_t n = ls_slope_size[next]; n > 0; n--) {
            const ls_lanes all = *energy++, some = all * *slope++;
            rising += some;
            band += all - some;
        }
        if (next > 0) {
            band *= ls_height[next - 1];
            state->work[next - 1] = natural_log(band + LS_FLOOR);
#if LS_GATE
            state->pooled[(next - 1) / (LS_N_MELS / LS_GATE_BANDS)] += band;
#endif
        }
        band = rising;
    }
}
#endif

#if !FINISHES_AT_ONCE
/* Feature n of a frame, before standardization. */
static float feature(const ls_frontend *state, uint32_t n, uint32_t lane) {
#if LS_KIND == LS_SPECTROGRAM
    return at(state->energy + n, lane);
#elif LS_KIND == LS_LOG_MEL
    return at(state->work + n, lane);
#else
    float sum = 0.0f;
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        sum += at(state->work + band, lane) * ls_dct[n * LS_N_MELS + band];
    }
    return sum < -LS_CLIP ? -LS_CLIP : sum > LS_CLIP ? LS_CLIP : sum;
#endif
}

/* Standardization and the scale of the network's input are one product and one sum. */
static int8_t quantize(const ls_frontend *state, float value, uint32_t n) {
#if LS_LEARNS
    const float q = value * state->gain[n] + state->offset[n];
#else
    (void)state;
    const float q = value * ls_gain[n] + ls_offset[n];
#endif
    if (q <= -128.0f) {
        return -128;
    }
    return (int8_t)(q >= 127.0f ? 127 : (int32_t)(q + 128.5f) - 128);
}

/* What is kept of a feature until its level is known: fine steps of a log band, or the int8. */
static ls_kept keep(const ls_frontend *state, uint32_t n, uint32_t lane) {
#if LS_RELATIVE
    const int32_t steps = (int32_t)(feature(state, n, lane) * LS_STEPS + 32768.5f) - 32768;
    return (ls_kept)(steps < INT16_MIN ? INT16_MIN : steps > INT16_MAX ? INT16_MAX : steps);
#else
    return quantize(state, feature(state, n, lane), n);
#endif
}

#if LS_RELATIVE
/* None further below its level than is heard. */
static int8_t quantize_below(const ls_frontend *state, int32_t steps, uint32_t n) {
    const float below = (float)steps * (1.0f / LS_STEPS);
    return quantize(state, below < -LS_RANGE ? -LS_RANGE : below, n);
}
#endif
#endif

#if LS_GATE
/* Whole steps of the logarithm: those that the gate learnt from. */
static int32_t level_heard(const ls_frontend *state, uint32_t band, uint32_t lane) {
    const ls_lanes steps = LS_GATE_STEPS * natural_log(state->pooled[band] + LS_GATE_FLOOR);
    return (int32_t)(at(&steps, lane) + 32768.0f) - 32768; /* rounded down */
}
#endif

static void find_spectra(ls_frontend *state) {
    transform(state);
    find_energies(state);
#if LS_KIND != LS_SPECTROGRAM
    find_bands(state);
#endif
}
#endif

#if LS_RELATIVE
static int32_t loudest_of(const ls_kept *values, uint32_t n) {
    int32_t loudest = values[0];
    for (uint32_t at = 1; at < n; at++) {
        loudest = values[at] > loudest ? values[at] : loudest;
    }
    return loudest;
}

#if !FINISHES_AT_ONCE
static void quantize_all(
    const ls_frontend *state, const ls_kept *bands, int32_t level, int8_t *features) {
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        features[n] = quantize_below(state, bands[n] - level, n);
    }
}
#endif

#if LS_RECENT_FRAMES
/* The loudest of frames that count as recent. */
static int32_t level_of(const ls_kept *loudest, uint32_t n) {
    const int32_t recent = loudest_of(loudest, n), quietest = (int32_t)(LS_QUIETEST * LS_STEPS);
    return recent > quietest ? recent : quietest;
}
#endif
#endif

#if LS_STREAMS
#if LS_RECENT_FRAMES
/* The level of the next frame, which looks back as far as the stream goes. */
static int32_t hear_level(ls_frontend *state, int32_t loudest) {
    state->loudest[state->next_frame] = (ls_kept)loudest;
    state->next_frame = (state->next_frame + 1) % LS_RECENT_FRAMES;
    return level_of(state->loudest, LS_RECENT_FRAMES);
}
#endif

#if FINISHES_AT_ONCE
static inline int_lanes greater(int_lanes a, int_lanes b) {
    const int_lanes is_a = a > b;
    return (a & is_a) | (b & ~is_a);
}

static inline int_lanes within(int_lanes x, int32_t least, int32_t most) {
    const int_lanes above = greater(x, (int_lanes){0} + least);
    return -greater(-above, (int_lanes){0} - most);
}

static inline ls_lanes at_least(ls_lanes x, float least) {
    const int_lanes is_less = x < least, bound = (int_lanes)((ls_lanes){0} + least);
    return (ls_lanes)((bound & is_less) | ((int_lanes)x & ~is_less));
}

/* The whole numbers nearest to numbers above -offset. */
static inline int_lanes nearest(ls_lanes x, int32_t offset) {
    return __builtin_convertvector(x + ((float)offset + 0.5f), int_lanes) - offset;
}

/* As add_features, of all frames that wait; what is kept of them lies where the bands lay. */
static void add_all_features(ls_frontend *state) {
    int_lanes *const kept = (int_lanes *)(void *)state->work;
    int_lanes loudest = (int_lanes){0} + INT16_MIN, levels = {0};
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        const ls_lanes steps = state->work[n] * LS_STEPS;
        kept[n] = within(nearest(steps, 32768), INT16_MIN, INT16_MAX);
        loudest = greater(loudest, kept[n]);
    }
    for (uint32_t lane = 0; lane < state->waiting; lane++) {
        levels[lane] = hear_level(state, loudest[lane]);
    }
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        const ls_lanes below = TO_FLOAT(kept[n] - levels) * (1.0f / LS_STEPS);
        const ls_lanes q = at_least(below, -LS_RANGE) * ls_gain[n] + ls_offset[n];
        const int_lanes feature = within(nearest(q, 128), INT8_MIN, INT8_MAX);
        for (uint32_t lane = 0; lane < LS_LANES; lane++) {
            state->frames[lane][n] = (int8_t)feature[lane];
        }
    }
    state->ready = state->waiting;
}
#else
/* A frame is finished as it comes. */
static void add_features(ls_frontend *state, uint32_t lane) {
    int8_t *const frame = state->frames[state->ready++];
    ls_kept kept[LS_N_FEATURES];
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        kept[n] = keep(state, n, lane);
    }
#if LS_RECENT_FRAMES
    quantize_all(state, kept, hear_level(state, loudest_of(kept, LS_N_FEATURES)), frame);
#else
    memcpy(frame, kept, sizeof kept);
#endif
}
#endif

const int8_t *ls_frontend_frame(ls_frontend *state) {
    return state->taken < state->ready ? state->frames[state->taken++] : NULL;
}
#else
static void add_features(ls_frontend *state, uint32_t lane) {
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        state->frames[state->next_frame][n] = keep(state, n, lane);
    }
    state->next_frame = (state->next_frame + 1) % LS_WINDOW_FRAMES;
}

#if LS_RELATIVE
/* Relative to the loudest of the window, or of its frames that are recent. */
static void give(const ls_frontend *state, int8_t *features) {
#if LS_RECENT_FRAMES
    ls_kept loudest[LS_WINDOW_FRAMES];
#else
    const int32_t level = loudest_of(state->frames[0], LS_WINDOW_FRAMES * LS_N_FEATURES);
#endif
    for (uint32_t frame = 0; frame < LS_WINDOW_FRAMES; frame++) {
        const ls_kept *const bands = state->frames[(state->next_frame + frame) % LS_WINDOW_FRAMES];
#if LS_RECENT_FRAMES
        const uint32_t first = frame < LS_RECENT_FRAMES ? 0 : frame - LS_RECENT_FRAMES + 1;
        loudest[frame] = (ls_kept)loudest_of(bands, LS_N_FEATURES);
        const int32_t level = level_of(loudest + first, frame - first + 1);
#endif
        quantize_all(state, bands, level, features + frame * LS_N_FEATURES);
    }
}
#else
static void give(const ls_frontend *state, int8_t *features) {
    const size_t newest = state->next_frame * sizeof state->frames[0];
    const size_t oldest = sizeof state->frames - newest;
    memcpy(features, state->frames[state->next_frame], oldest);
    memcpy(features + oldest, state->frames[0], newest);
}
#endif

void ls_frontend_window(ls_frontend *state, int8_t *features) {
    give(state, features);
    state->due = 0;
}
#endif

#if LS_LEARNS
/* Mean and squares of one more frame, without large sums (Welford 1962). */
static void listen(ls_frontend *state, uint32_t lane) {
    state->listened++;
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        const float value = feature(state, n, lane);
        const float away = value - state->mean[n];
        state->mean[n] += away / (float)state->listened;
        state->squares[n] += away * (value - state->mean[n]);
    }
}
#endif

#if LS_GATE
static void hear_voice(ls_frontend *state, uint32_t lane) {
    int32_t levels[LS_GATE_BANDS];
    for (uint32_t band = 0; band < LS_GATE_BANDS; band++) {
        levels[band] = level_heard(state, band, lane);
    }
    ls_gate_hear(&state->gate, levels);
}
#endif

static void add_frame(ls_frontend *state, uint32_t lane) {
#if LS_GATE
    if (state->to_gate-- == 0) {
        hear_voice(state, lane);
        state->to_gate = 1; /* it hears every second frame */
    }
#endif
#if LS_LEARNS
    if (state->listening) {
        listen(state, lane);
    }
#endif
#if FINISHES_AT_ONCE
    (void)state;
    (void)lane;
#else
    add_features(state, lane);
#endif
}

/* Of the samples heard only those stay that the next frame has too. */
static void forget(ls_frontend *state) {
    const uint32_t past = state->waiting * LS_HOP_LENGTH;
    const uint32_t left = past < state->n_samples ? state->n_samples - past : 0;
    memmove(state->samples, state->samples + past, left * sizeof state->samples[0]);
    state->to_skip = past - (state->n_samples - left);
    state->n_samples = left;
    state->waiting = 0;
}

static void add_frames(ls_frontend *state) {
#if LS_STREAMS
    state->ready = 0;
    state->taken = 0;
#endif
    find_spectra(state);
    for (uint32_t lane = 0; lane < state->waiting; lane++) {
        add_frame(state, lane);
    }
#if FINISHES_AT_ONCE
    add_all_features(state);
#endif
    forget(state);
}

/* The next sample is the first. */
static void begin(ls_frontend *state) {
    state->n_samples = 0;
    state->to_skip = 0;
    state->frames_to_window = LS_WINDOW_FRAMES;
    state->waiting = 0;
    state->due = 0;
#if LS_STREAMS
    state->ready = 0;
    state->taken = 0;
#if LS_RECENT_FRAMES
    for (uint32_t frame = 0; frame < LS_RECENT_FRAMES; frame++) {
        state->loudest[frame] = INT16_MIN;
    }
#endif
#endif
#if LS_GATE
    ls_gate_init(&state->gate);
    state->to_gate = 0;
#endif
}

void ls_frontend_init(ls_frontend *state) {
#ifdef LS_MAKES_TABLES
    make_tables();
#endif
    memset(state, 0, sizeof *state);
    begin(state);
}

#if LS_LEARNS
void ls_frontend_listen(ls_frontend *state) {
    memset(state->mean, 0, sizeof state->mean);
    memset(state->squares, 0, sizeof state->squares);
    state->listened = 0;
    state->listening = 1;
    begin(state);
}

int ls_frontend_know(ls_frontend *state) {
    if (state->listened == 0) {
        return 0;
    }
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        const float deviation = sqrtf(state->squares[n] / (float)state->listened);
        const float least = deviation < LS_LEAST_DEVIATION ? LS_LEAST_DEVIATION : deviation;
        state->gain[n] = ls_gain[n] / least;
        state->offset[n] = ls_offset[n] - state->mean[n] * state->gain[n];
    }
    state->listening = 0;
    state->known = 1;
    begin(state);
    return 1;
}
#endif

/* Copy samples until a frame is whole or they end. */
static size_t take(ls_frontend *state, const int16_t *samples, size_t n) {
    const size_t room = LS_N_FFT + state->waiting * LS_HOP_LENGTH - state->n_samples;
    if (state->to_skip > 0) {
        const size_t skipped = n < state->to_skip ? n : state->to_skip;
        state->to_skip -= (uint32_t)skipped;
        return skipped;
    }
    const size_t taken = n < room ? n : room;
    memcpy(state->samples + state->n_samples, samples, taken * sizeof samples[0]);
    state->n_samples += (uint32_t)taken;
    return taken;
}

size_t ls_frontend_push(ls_frontend *state, const int16_t *samples, size_t n) {
    size_t used = 0;
    while (used < n) {
        used += take(state, samples + used, n - used);
        if (state->n_samples < LS_N_FFT + state->waiting * LS_HOP_LENGTH) {
            continue;
        }
        state->frames_to_window--;
        state->waiting++;
        if (state->waiting == LS_LANES || state->frames_to_window == 0) {
            add_frames(state);
        }
        if (state->frames_to_window == 0) {
            state->frames_to_window = LS_HOP_FRAMES;
#if LS_LEARNS
            state->due = state->known;
#else
            state->due = 1;
#endif
            break;
        }
#if LS_STREAMS
        if (state->ready > 0) {
            break;
        }
#endif
    }
    return used;
}

int ls_frontend_due(const ls_frontend *state) { return state->due; }

void ls_frontend_skip(ls_frontend *state) { state->due = 0; }

void ls_frontend_leave_gate(ls_frontend *state) {
#if LS_GATE
    state->to_gate = UINT32_MAX;
#else
    (void)state;
#endif
}

#if LS_GATE
float ls_frontend_speech(const ls_frontend *state) { return ls_gate_share(&state->gate); }
#else
float ls_frontend_speech(const ls_frontend *state) {
    (void)state;
    return 1.0f;
}
#endif
