/* The tables of the Fourier transform, made when the program begins: it comes over a network, where
 * they would be a tenth of it. In doubles, whose rounding to floats gives those that lightspeech
 * writes, bit for bit. */
#ifndef LS_MAKE_TABLES_H
#define LS_MAKE_TABLES_H

#define QUARTER (LS_N_FFT / 4)

/* The cosine, or sine, of up to an eighth of a turn: its series, from the last term that counts. */
static double series(double x, int is_sine) {
    double sum = 1.0;
    for (int n = is_sine ? 17 : 16; n > 1; n -= 2) {
        sum = 1.0 - x * x / (n * (n - 1)) * sum;
    }
    return is_sine ? x * sum : sum;
}

/* The cosine of so many steps, of which LS_N_FFT are a turn, up to a quarter. */
static double cosine_of(uint32_t steps) {
    const double step = 6.283185307179586 / LS_N_FFT;
    return steps <= QUARTER / 2 ? series(step * steps, 0) : series(step * (QUARTER - steps), 1);
}

/* The same of any number, of those in the table. */
static float cosine_at(uint32_t steps) {
    const uint32_t rest = steps % LS_N_FFT, least = rest < HALF ? rest : LS_N_FFT - rest;
    return least <= QUARTER ? ls_cosine[least] : -ls_cosine[HALF - least];
}

/* Where point k of a transform of some length ends: its octal digits, the last one first. */
static uint32_t place_of(uint32_t k, uint32_t length) {
    uint32_t place = 0;
    while (length > 1) {
        const uint32_t radix = length < 8 ? length : 8;
        length /= radix;
        place += k % radix * length;
        k /= radix;
    }
    return place;
}

static void make_tables(void) {
    float *turn = ls_turns;
    if (ls_cosine[0] == 1.0f) {
        return; /* they are there */
    }
    for (uint32_t k = 0; k <= QUARTER; k++) {
        const double cosine = cosine_of(k), scale = 0.25 / 32768.0;
        ls_cosine[k] = (float)cosine;
        ls_hann[k] = (float)((1.0 - cosine) * scale);
        ls_hann[HALF - k] = (float)((1.0 + cosine) * scale);
    }
    for (uint32_t k = 0; k <= HALF; k++) {
        ls_place[k] = (uint16_t)place_of(k % HALF, HALF);
    }
    for (uint32_t k = 0; k < HALF / 8; k++) {
        for (uint32_t n = 2; n < 16; n += 2, turn += 2) {
            turn[0] = cosine_at(n * k);
            turn[1] = cosine_at(n * k + 3 * QUARTER);
        }
    }
}

#endif
