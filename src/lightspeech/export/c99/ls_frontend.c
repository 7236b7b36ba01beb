#include "ls_frontend.h"

#include <math.h> /* sqrtf, for features of magnitudes and for deviations */
#include <string.h>

#include "ls_frontend_tables.h"

#define HALF (LS_N_FFT / 2)
#define HANN (0.5f / 32768.0f) /* full scale of int16 is 1 */

#if LS_LANES > 1
typedef int32_t int_lanes __attribute__((vector_size(4 * LS_LANES)));
#define TO_FLOAT(x) __builtin_convertvector(x, ls_lanes)
#else
typedef int32_t int_lanes;
#define TO_FLOAT(x) ((float)(x))
#endif

/* Of a number of frames side by side, that of one. */
static inline float at(const ls_lanes *x, uint32_t lane) { return ((const float *)x)[lane]; }

/* Entry k of ls_cosine is cos(2 pi k / LS_N_FFT): window and Fourier transform share it. */
static inline float sine(uint32_t k) { return ls_cosine[(k + 3 * (LS_N_FFT / 4)) & (LS_N_FFT - 1)]; }

/* The Hann window over the ring, oldest sample first; even and odd samples become real and
 * imaginary parts of half as many complex numbers, already in bit-reversed order. Lanes without a
 * frame that waits hear anything. */
static void apply_window(ls_frontend *state) {
    const uint32_t oldest = state->next_sample - LS_N_FFT - (state->waiting - 1) * LS_HOP_LENGTH;
    uint32_t reversed = 0;
    for (uint32_t n = 0; n < HALF; n++) {
        for (uint32_t part = 0; part < 2; part++) {
            const float hann = HANN * (1.0f - ls_cosine[2 * n + part]);
            int_lanes heard;
            for (uint32_t lane = 0; lane < LS_LANES; lane++) {
                const uint32_t place = oldest + lane * LS_HOP_LENGTH + 2 * n + part;
                ((int32_t *)&heard)[lane] = state->samples[place & (LS_HEARD - 1)];
            }
            state->work[2 * reversed + part] = TO_FLOAT(heard) * hann;
        }
        uint32_t carry = HALF >> 1;
        while (reversed & carry) {
            reversed ^= carry;
            carry >>= 1;
        }
        reversed |= carry;
    }
}

/* Sums and differences of neighbours: a butterfly of radix 2, whose factor is 1. */
static void transform_pairs(ls_lanes *z) {
    for (uint32_t n = 0; n < LS_N_FFT; n += 4) {
        const ls_lanes re = z[n + 2];
        const ls_lanes im = z[n + 3];
        z[n + 2] = z[n] - re;
        z[n + 3] = z[n + 1] - im;
        z[n] += re;
        z[n + 1] += im;
    }
}

/* Four transforms of length h become one of 4 h, for output k of each. In bit-reversed order the
 * second of the four holds samples 4 n + 2, and the third 4 n + 1. */
static void transform_fours(ls_lanes *z, uint32_t h, uint32_t k) {
    const uint32_t turn = k * (HALF / (2 * h)); /* in the table of LS_N_FFT */
    const float re1 = ls_cosine[turn], im1 = sine(turn);
    const float re2 = ls_cosine[2 * turn], im2 = sine(2 * turn);
    const float re3 = ls_cosine[3 * turn], im3 = sine(3 * turn);
    for (ls_lanes *a = z + 2 * k; a < z + LS_N_FFT; a += 8 * h) {
        ls_lanes *const c = a + 2 * h, *const b = a + 4 * h, *const d = a + 6 * h;
        const ls_lanes b_re = b[0] * re1 + b[1] * im1, b_im = b[1] * re1 - b[0] * im1;
        const ls_lanes c_re = c[0] * re2 + c[1] * im2, c_im = c[1] * re2 - c[0] * im2;
        const ls_lanes d_re = d[0] * re3 + d[1] * im3, d_im = d[1] * re3 - d[0] * im3;
        const ls_lanes sum_re = a[0] + c_re, sum_im = a[1] + c_im;
        const ls_lanes gap_re = a[0] - c_re, gap_im = a[1] - c_im;
        const ls_lanes odd_re = b_re + d_re, odd_im = b_im + d_im;
        const ls_lanes bow_re = b_re - d_re, bow_im = b_im - d_im;
        a[0] = sum_re + odd_re;
        a[1] = sum_im + odd_im;
        b[0] = sum_re - odd_re;
        b[1] = sum_im - odd_im;
        c[0] = gap_re + bow_im;
        c[1] = gap_im - bow_re;
        d[0] = gap_re - bow_im;
        d[1] = gap_im + bow_re;
    }
}

/* Fourier transform of HALF complex numbers in place, radix 4; 4^n * 2 needs one step of radix 2,
 * and a bit at an odd place says so. */
static void transform(ls_lanes *z) {
    uint32_t h = 1;
    if (HALF & 0xAAAAAAAAu) {
        transform_pairs(z);
        h = 2;
    }
    for (; h < HALF; h *= 4) {
        for (uint32_t k = 0; k < h; k++) {
            transform_fours(z, h, k);
        }
    }
}

/* The spectrum of LS_N_FFT real samples from that of half as many complex ones; leaves the energy
 * of bin k in work[2 k], so that the odd places are free. */
static void find_energies(ls_lanes *work) {
    work[LS_N_FFT] = work[0];
    work[LS_N_FFT + 1] = work[1];
    for (uint32_t k = 0; k <= HALF / 2; k++) {
        ls_lanes *a = work + 2 * k;
        ls_lanes *b = work + 2 * (HALF - k);
        const ls_lanes even_re = 0.5f * (a[0] + b[0]);
        const ls_lanes even_im = 0.5f * (a[1] - b[1]);
        const ls_lanes odd_re = 0.5f * (a[1] + b[1]);
        const ls_lanes odd_im = 0.5f * (b[0] - a[0]);
        const float cosine = ls_cosine[k];
        const float slope = ls_cosine[LS_N_FFT / 4 - k];
        const ls_lanes re = odd_re * cosine + odd_im * slope;
        const ls_lanes im = odd_im * cosine - odd_re * slope;
        a[0] = (even_re + re) * (even_re + re) + (even_im + im) * (even_im + im);
        b[0] = (even_re - re) * (even_re - re) + (even_im - im) * (even_im - im);
    }
#if LS_POWER == 1
    for (uint32_t k = 0; k <= HALF; k++) {
        float *const energy = (float *)(work + 2 * k);
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
static ls_lanes natural_log(ls_lanes x) {
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

/* The logarithm of mel band b goes to work[2 b + 1]: there are fewer bands than bins. */
static void find_bands(ls_frontend *state) {
    ls_lanes *const work = state->work;
    const float *weight = ls_band_weights;
#if LS_GATE
    memset(state->pooled, 0, sizeof state->pooled);
#endif
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        const ls_lanes *energy = work + 2 * ls_band_first[band];
        ls_lanes sum = {0};
        for (uint32_t n = ls_band_size[band]; n > 0; n--) {
            sum += *energy * *weight++;
            energy += 2;
        }
        work[2 * band + 1] = natural_log(sum + LS_FLOOR);
#if LS_GATE
        state->pooled[band / (LS_N_MELS / LS_GATE_BANDS)] += sum;
#endif
    }
}
#endif

/* Feature n of a frame, before standardization. */
static float feature(const ls_lanes *work, uint32_t n, uint32_t lane) {
#if LS_KIND == LS_SPECTROGRAM
    return at(work + 2 * n, lane);
#elif LS_KIND == LS_LOG_MEL
    return at(work + 2 * n + 1, lane);
#else
    float sum = 0.0f;
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        sum += at(work + 2 * band + 1, lane) * ls_dct[n * LS_N_MELS + band];
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

#if LS_RELATIVE
static ls_kept keep(const ls_frontend *state, float value, uint32_t n) {
    (void)state;
    (void)n;
    const float steps = value * LS_STEPS;
    if (steps <= -32768.0f) {
        return -32768;
    }
    return (ls_kept)(steps >= 32767.0f ? 32767 : (int32_t)(steps + 32768.5f) - 32768);
}

static int32_t loudest_of(const ls_kept *values, uint32_t n) {
    int32_t loudest = values[0];
    for (uint32_t at = 1; at < n; at++) {
        loudest = values[at] > loudest ? values[at] : loudest;
    }
    return loudest;
}

/* Bands of a frame relative to a level; none further below than is heard. */
static void quantize_below(
    const ls_frontend *state, const ls_kept *bands, int32_t level, int8_t *features) {
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        const float below = (float)(bands[n] - level) * (1.0f / LS_STEPS);
        features[n] = quantize(state, below < -LS_RANGE ? -LS_RANGE : below, n);
    }
}

#if LS_RECENT_FRAMES
/* The loudest of frames that count as recent. */
static int32_t level_of(const ls_kept *loudest, uint32_t n) {
    const int32_t recent = loudest_of(loudest, n), quietest = (int32_t)(LS_QUIETEST * LS_STEPS);
    return recent > quietest ? recent : quietest;
}
#endif
#else
static ls_kept keep(const ls_frontend *state, float value, uint32_t n) {
    return quantize(state, value, n);
}
#endif

#if LS_STREAMS
/* A frame is finished as it comes, and its level looks back as far as the stream goes. */
static void add_features(ls_frontend *state, uint32_t lane) {
    int8_t *const frame = state->frames[state->ready++];
    ls_kept kept[LS_N_FEATURES];
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        kept[n] = keep(state, feature(state->work, n, lane), n);
    }
#if LS_RECENT_FRAMES
    state->loudest[state->next_frame] = (ls_kept)loudest_of(kept, LS_N_FEATURES);
    state->next_frame = (state->next_frame + 1) % LS_RECENT_FRAMES;
    quantize_below(state, kept, level_of(state->loudest, LS_RECENT_FRAMES), frame);
#else
    memcpy(frame, kept, sizeof kept);
#endif
}

const int8_t *ls_frontend_frame(ls_frontend *state) {
    return state->taken < state->ready ? state->frames[state->taken++] : NULL;
}
#else
static void add_features(ls_frontend *state, uint32_t lane) {
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        state->frames[state->next_frame][n] = keep(state, feature(state->work, n, lane), n);
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
        quantize_below(state, bands, level, features + frame * LS_N_FEATURES);
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
        const float value = feature(state->work, n, lane);
        const float away = value - state->mean[n];
        state->mean[n] += away / (float)state->listened;
        state->squares[n] += away * (value - state->mean[n]);
    }
}
#endif

#if LS_GATE
/* Whole steps of the logarithm: those that the gate learnt from. */
static void hear_voice(ls_frontend *state, uint32_t lane) {
    int32_t levels[LS_GATE_BANDS];
    for (uint32_t band = 0; band < LS_GATE_BANDS; band++) {
        const ls_lanes steps = LS_GATE_STEPS * natural_log(state->pooled[band] + LS_GATE_FLOOR);
        levels[band] = (int32_t)(at(&steps, lane) + 32768.0f) - 32768; /* rounded down */
    }
    ls_gate_hear(&state->gate, levels);
}
#endif

static void add_frame(ls_frontend *state, uint32_t lane) {
#if LS_GATE
    if (!state->odd) {
        hear_voice(state, lane);
    }
    state->odd = !state->odd;
#endif
#if LS_LEARNS
    if (state->listening) {
        listen(state, lane);
    }
#endif
    add_features(state, lane);
}

static void add_frames(ls_frontend *state) {
#if LS_STREAMS
    state->ready = 0;
    state->taken = 0;
#endif
    apply_window(state);
    transform(state->work);
    find_energies(state->work);
#if LS_KIND != LS_SPECTROGRAM
    find_bands(state);
#endif
    for (uint32_t lane = 0; lane < state->waiting; lane++) {
        add_frame(state, lane);
    }
    state->waiting = 0;
}

/* The next sample is the first. */
static void begin(ls_frontend *state) {
    state->samples_to_frame = LS_N_FFT;
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
    state->odd = 0;
#endif
}

void ls_frontend_init(ls_frontend *state) {
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

/* Copy samples into the ring until a frame is whole, the ring turns or the samples end. */
static size_t take(ls_frontend *state, const int16_t *samples, size_t n) {
    const size_t to_turn = LS_HEARD - state->next_sample;
    size_t taken = n < state->samples_to_frame ? n : state->samples_to_frame;
    taken = taken < to_turn ? taken : to_turn;
    memcpy(state->samples + state->next_sample, samples, taken * sizeof samples[0]);
    state->next_sample = (uint32_t)(state->next_sample + taken) & (LS_HEARD - 1);
    state->samples_to_frame -= (uint32_t)taken;
    return taken;
}

size_t ls_frontend_push(ls_frontend *state, const int16_t *samples, size_t n) {
    size_t used = 0;
    while (used < n) {
        used += take(state, samples + used, n - used);
        if (state->samples_to_frame > 0) {
            continue;
        }
        state->samples_to_frame = LS_HOP_LENGTH;
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

#if LS_GATE
float ls_frontend_speech(const ls_frontend *state) { return ls_gate_share(&state->gate); }
#else
float ls_frontend_speech(const ls_frontend *state) {
    (void)state;
    return 1.0f;
}
#endif
