#include "ls_frontend.h"

#include <math.h> /* sqrtf, for features of magnitudes */
#include <string.h>

#include "ls_frontend_tables.h"

#define HALF (LS_N_FFT / 2)

/* Entry k of ls_cosine is cos(2 pi k / LS_N_FFT): window and Fourier transform share it. */
static float sine(uint32_t k) { return ls_cosine[(k + 3 * (LS_N_FFT / 4)) & (LS_N_FFT - 1)]; }

/* The Hann window over the ring, oldest sample first; even and odd samples become real and
 * imaginary parts of half as many complex numbers, already in bit-reversed order. */
static void apply_window(ls_frontend *state) {
    uint32_t reversed = 0;
    for (uint32_t n = 0; n < HALF; n++) {
        for (uint32_t part = 0; part < 2; part++) {
            const uint32_t place = (state->next_sample + 2 * n + part) & (LS_N_FFT - 1);
            const float hann = 0.5f - 0.5f * ls_cosine[2 * n + part];
            state->work[2 * reversed + part] = (float)state->samples[place] / 32768.0f * hann;
        }
        uint32_t carry = HALF >> 1;
        while (reversed & carry) {
            reversed ^= carry;
            carry >>= 1;
        }
        reversed |= carry;
    }
}

/* Fourier transform in place: one butterfly of radix 2 after the other. */
static void transform(float *z) {
    for (uint32_t half = 1; half < HALF; half *= 2) {
        const uint32_t stride = HALF / half; /* in the table of LS_N_FFT */
        for (uint32_t k = 0; k < half; k++) {
            const float re = ls_cosine[k * stride];
            const float im = -sine(k * stride);
            for (uint32_t at = 2 * k; at < LS_N_FFT; at += 4 * half) {
                float *a = z + at;
                float *b = a + 2 * half;
                const float b_re = b[0] * re - b[1] * im;
                const float b_im = b[0] * im + b[1] * re;
                b[0] = a[0] - b_re;
                b[1] = a[1] - b_im;
                a[0] += b_re;
                a[1] += b_im;
            }
        }
    }
}

/* The spectrum of LS_N_FFT real samples from that of half as many complex ones; leaves the energy
 * of bin k in work[2 k], so that the odd places are free. */
static void find_energies(float *work) {
    work[LS_N_FFT] = work[0];
    work[LS_N_FFT + 1] = work[1];
    for (uint32_t k = 0; k <= HALF / 2; k++) {
        float *a = work + 2 * k;
        float *b = work + 2 * (HALF - k);
        const float even_re = 0.5f * (a[0] + b[0]);
        const float even_im = 0.5f * (a[1] - b[1]);
        const float odd_re = 0.5f * (a[1] + b[1]);
        const float odd_im = 0.5f * (b[0] - a[0]);
        const float re = odd_re * ls_cosine[k] + odd_im * sine(k);
        const float im = odd_im * ls_cosine[k] - odd_re * sine(k);
        a[0] = (even_re + re) * (even_re + re) + (even_im + im) * (even_im + im);
        b[0] = (even_re - re) * (even_re - re) + (even_im - im) * (even_im - im);
    }
#if LS_POWER == 1
    for (uint32_t k = 0; k <= HALF; k++) {
        work[2 * k] = sqrtf(work[2 * k]);
    }
#endif
}

#if LS_KIND != LS_SPECTROGRAM
/* Natural logarithm of a normal positive number, the same bits on every IEEE machine.
 * x = m 2^e with m in [0.70, 1.41]; log m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.18, whose
 * series is cut where the next term is below 2e-9. */
static float natural_log(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (int32_t)(bits - UINT32_C(0x3f3504f3)) >> 23;
    bits -= (uint32_t)exponent << 23;
    float m;
    memcpy(&m, &bits, sizeof m);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float z = s * s;
    const float series = 1.0f + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
    return (float)exponent * 0.693147181f + 2.0f * s * series;
}

/* The logarithm of mel band b goes to work[2 b + 1]: there are fewer bands than bins. */
static void find_bands(float *work) {
    const float *weight = ls_band_weights;
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        const float *energy = work + 2 * ls_band_first[band];
        float sum = 0.0f;
        for (uint32_t n = ls_band_size[band]; n > 0; n--) {
            sum += *energy * *weight++;
            energy += 2;
        }
        work[2 * band + 1] = natural_log(sum + LS_FLOOR);
    }
}
#endif

/* Feature n of the frame, before standardization. */
static float feature(const float *work, uint32_t n) {
#if LS_KIND == LS_SPECTROGRAM
    return work[2 * n];
#elif LS_KIND == LS_LOG_MEL
    return work[2 * n + 1];
#else
    float sum = 0.0f;
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        sum += work[2 * band + 1] * ls_dct[n * LS_N_MELS + band];
    }
    return sum < -LS_CLIP ? -LS_CLIP : sum > LS_CLIP ? LS_CLIP : sum;
#endif
}

/* Standardization and the scale of the network's input are one product and one sum. */
static int8_t quantize(float value, uint32_t n) {
    const float q = value * ls_gain[n] + ls_offset[n];
    if (q <= -128.0f) {
        return -128;
    }
    return (int8_t)(q >= 127.0f ? 127 : (int32_t)(q + 128.5f) - 128);
}

static void add_frame(ls_frontend *state) {
    apply_window(state);
    transform(state->work);
    find_energies(state->work);
#if LS_KIND != LS_SPECTROGRAM
    find_bands(state->work);
#endif
    for (uint32_t n = 0; n < LS_N_FEATURES; n++) {
        state->frames[state->next_frame][n] = quantize(feature(state->work, n), n);
    }
    state->next_frame = (state->next_frame + 1) % LS_WINDOW_FRAMES;
}

void ls_frontend_init(ls_frontend *state) {
    memset(state, 0, sizeof *state);
    state->samples_to_frame = LS_N_FFT;
    state->frames_to_window = LS_WINDOW_FRAMES;
}

size_t ls_frontend_push(ls_frontend *state, const int16_t *samples, size_t n) {
    size_t used = 0;
    while (used < n) {
        state->samples[state->next_sample] = samples[used++];
        state->next_sample = (state->next_sample + 1) & (LS_N_FFT - 1);
        if (--state->samples_to_frame > 0) {
            continue;
        }
        add_frame(state);
        state->samples_to_frame = LS_HOP_LENGTH;
        if (--state->frames_to_window == 0) {
            state->frames_to_window = LS_HOP_FRAMES;
            state->due = 1;
            break;
        }
    }
    return used;
}

int ls_frontend_due(const ls_frontend *state) { return state->due; }

void ls_frontend_window(ls_frontend *state, int8_t *features) {
    const size_t newest = state->next_frame * sizeof state->frames[0];
    const size_t oldest = sizeof state->frames - newest;
    memcpy(features, state->frames[state->next_frame], oldest);
    memcpy(features + oldest, state->frames[0], newest);
    state->due = 0;
}
