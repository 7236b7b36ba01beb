/* The spectrum of a frame in whole numbers, for processors without a floating ls_point unit (LS_FIXED);
 * a part of ls_frontend.c. Features differ from those in floats by one step at most.
 *
 * A frame is shifted up until its loudest sample is near full scale, so that what is rounded away is
 * little beside what is heard; the logarithm takes the shift back.
 */
#if LS_KIND != LS_LOG_MEL || LS_POWER != 2 || LS_LEARNS || LS_LANES > 1
#error "LS_FIXED computes log-mel bands of powers, for a model that needs not know its speaker"
#endif

#if defined __ARM_ARCH_6M__ && !defined LS_SHORT
#define LS_SHORT
#endif

#ifdef LS_SHORT /* a Cortex-M0 has no product of 64 bits: 32 by 16 bits are two of 32 */
static inline int32_t times(int32_t a, int32_t turn) {
    const int32_t t = (turn + (1 << 14)) >> 15;
    return (a >> 15) * t + (((a & 0x7FFF) * t) >> 15);
}
#else
/* Times a cosine or sine, 30 bits behind the point. */
static inline int32_t times(int32_t a, int32_t turn) {
    return (int32_t)(((int64_t)a * turn) >> 32) * 4;
}
#endif

static inline int32_t sine(uint32_t k) { return ls_cosine[(k + 3 * (LS_N_FFT / 4)) & (LS_N_FFT - 1)]; }

/* An angle to the right, of which cosine and sine are given. */
static inline ls_point turned(ls_point a, int32_t cosine, int32_t slope) {
    const ls_point to = {
        times(a.re, cosine) + times(a.im, slope), times(a.im, cosine) - times(a.re, slope)};
    return to;
}

/* Bits that the frame can be shifted up by. */
static int32_t find_shift(const ls_frontend *state) {
    int32_t bits = 0, shift = 0;
    for (uint32_t n = 0; n < LS_N_FFT; n++) {
        bits |= state->samples[n] ^ (state->samples[n] >> 15);
    }
    while (shift < 14 && bits >> (14 - shift) == 0) {
        shift++;
    }
    return shift;
}

/* Even and odd samples become the real and imaginary parts of half as many points, in bit-reversed
 * order. */
static void apply_window(const ls_frontend *state, ls_point *z) {
    const int32_t down = LS_FIXED_DOWN - state->shift;
    uint32_t reversed = 0;
    for (uint32_t n = 0; n < HALF; n++) {
        const int32_t re = state->samples[2 * n] * (int32_t)ls_hann[2 * n];
        const int32_t im = state->samples[2 * n + 1] * (int32_t)ls_hann[2 * n + 1];
        z[reversed].re = down >= 0 ? re >> down : re * (1 << -down);
        z[reversed].im = down >= 0 ? im >> down : im * (1 << -down);
        uint32_t carry = HALF >> 1;
        while (reversed & carry) {
            reversed ^= carry;
            carry >>= 1;
        }
        reversed |= carry;
    }
}

static void transform_pairs(ls_point *z) {
    for (uint32_t n = 0; n < HALF; n += 2) {
        const ls_point a = z[n], b = z[n + 1];
        z[n].re = a.re + b.re;
        z[n].im = a.im + b.im;
        z[n + 1].re = a.re - b.re;
        z[n + 1].im = a.im - b.im;
    }
}

/* Four transforms of length h become one of 4 h, for output k of each. In bit-reversed order the
 * second of the four holds points 4 n + 2, and the third 4 n + 1. */
static void transform_fours(ls_point *z, uint32_t h, uint32_t k) {
    const uint32_t turn = k * (HALF / (2 * h)); /* in the table of LS_N_FFT */
    const int32_t re1 = ls_cosine[turn], im1 = sine(turn);
    const int32_t re2 = ls_cosine[2 * turn], im2 = sine(2 * turn);
    const int32_t re3 = ls_cosine[3 * turn], im3 = sine(3 * turn);
    for (ls_point *at = z + k; at < z + HALF; at += 4 * h) {
        const ls_point a = at[0], b = turned(at[2 * h], re1, im1);
        const ls_point c = turned(at[h], re2, im2), d = turned(at[3 * h], re3, im3);
        const int32_t sum_re = a.re + c.re, sum_im = a.im + c.im;
        const int32_t gap_re = a.re - c.re, gap_im = a.im - c.im;
        const int32_t odd_re = b.re + d.re, odd_im = b.im + d.im;
        const int32_t bow_re = b.re - d.re, bow_im = b.im - d.im;
        at[0].re = sum_re + odd_re;
        at[0].im = sum_im + odd_im;
        at[2 * h].re = sum_re - odd_re;
        at[2 * h].im = sum_im - odd_im;
        at[h].re = gap_re + bow_im;
        at[h].im = gap_im - bow_re;
        at[3 * h].re = gap_re - bow_im;
        at[3 * h].im = gap_im + bow_re;
    }
}

/* Fourier transform of HALF points in place, radix 4; 4^n * 2 needs one step of radix 2, and a bit at
 * an odd place says so. */
static void transform(ls_point *z) {
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

static inline uint64_t energy_of(int32_t re, int32_t im) {
#ifdef LS_SHORT
    const uint32_t a = (uint32_t)(re < 0 ? -re : re), b = (uint32_t)(im < 0 ? -im : im);
    uint32_t down = 0;
    while ((a | b) >> down >= 0x8000) {
        down++;
    }
    const uint32_t c = a >> down, d = b >> down;
    return (uint64_t)(c * c + d * d) << (2 * down) >> LS_FIXED_BITS;
#else
    return ((uint64_t)((int64_t)re * re) + (uint64_t)((int64_t)im * im)) >> LS_FIXED_BITS;
#endif
}

/* The energies of LS_N_FFT real samples from half as many points, which they take the place of. */
static void find_energies(ls_frontend *state) {
    ls_point *const z = state->work.points;
    z[HALF] = z[0];
    for (uint32_t k = 0; k <= HALF / 2; k++) {
        const ls_point a = z[k], b = z[HALF - k];
        const ls_point even = {(a.re + b.re) >> 1, (a.im - b.im) >> 1};
        const ls_point odd = {(a.im + b.im) >> 1, (b.re - a.re) >> 1};
        const ls_point more = turned(odd, ls_cosine[k], ls_cosine[LS_N_FFT / 4 - k]);
        state->work.energies[k] = energy_of(even.re + more.re, even.im + more.im);
        state->work.energies[HALF - k] = energy_of(even.re - more.re, even.im - more.im);
    }
}

/* Logarithm to base 2 of a number that is not 0, 16 bits behind the point. */
static int32_t logarithm(uint64_t x) {
    uint32_t exponent = 63, high = (uint32_t)(x >> 32), low = (uint32_t)x;
    if (high == 0) {
        high = low;
        low = 0;
        exponent = 31;
    }
    while (high >> 31 == 0) {
        high = high << 1 | low >> 31;
        low <<= 1;
        exponent--;
    }
    const uint32_t at = high >> 23 & 255, within = high >> 7 & 0xFFFF;
    const uint32_t from = ls_log2[at], to = ls_log2[at + 1];
    return (int32_t)((exponent << 16) + from + ((to - from) * within >> 16));
}

/* Steps of the natural logarithm of an energy of this frame and a floor, 28 bits behind its point. */
static int32_t steps_of(const ls_frontend *state, uint64_t energy, uint64_t floor, int32_t steps) {
    const uint64_t sum = energy + (floor >> (28 - 2 * state->shift));
    const int32_t log2 = logarithm(sum > 0 ? sum : 1) - state->shift * (2 << 16) - LS_FIXED_ONE;
    return (int32_t)(((int64_t)log2 * steps) >> 32);
}

/* Steps of the mel bands and of what the gate hears. */
static void find_bands(ls_frontend *state) {
    const uint16_t *weight = ls_band_weights;
#if LS_GATE
    uint64_t pooled = 0;
#endif
    for (uint32_t band = 0; band < LS_N_MELS; band++) {
        const uint64_t *energy = state->work.energies + ls_band_first[band];
        uint64_t sum = 0;
        for (uint32_t n = ls_band_size[band]; n > 0; n--, energy++, weight++) {
            sum += ((uint64_t)((uint32_t)(*energy >> 32) * *weight) << 32) +
                   (uint64_t)(uint32_t)*energy * *weight;
        }
        const int32_t halves = steps_of(state, sum, LS_FIXED_FLOOR, LS_FIXED_HALVES);
        state->bands[band] = (int16_t)((halves + 1) >> 1);
#if LS_GATE
        pooled += sum;
        if ((band + 1) % (LS_N_MELS / LS_GATE_BANDS) == 0) {
            state->levels[band / (LS_N_MELS / LS_GATE_BANDS)] =
                steps_of(state, pooled, LS_FIXED_GATE_FLOOR, LS_FIXED_GATE_STEPS);
            pooled = 0;
        }
#endif
    }
}

/* Standardization and the scale of the network's input, of steps of the logarithm. */
static int8_t quantize(int32_t steps, uint32_t n) {
    const int64_t q = ((int64_t)steps * ls_gain[n] + ls_offset[n]) >> 16;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

static ls_kept keep(const ls_frontend *state, uint32_t n, uint32_t lane) {
    (void)lane;
#if LS_RELATIVE
    return state->bands[n];
#else
    return quantize(state->bands[n], n);
#endif
}

#if LS_RELATIVE
static int8_t quantize_below(const ls_frontend *state, int32_t below, uint32_t n) {
    (void)state;
    return quantize(below < -LS_FIXED_RANGE ? -LS_FIXED_RANGE : below, n);
}
#endif

#if LS_GATE
static int32_t level_heard(const ls_frontend *state, uint32_t band, uint32_t lane) {
    (void)lane;
    return state->levels[band];
}
#endif

static void find_spectra(ls_frontend *state) {
    ls_point *const z = state->work.points;
    state->shift = find_shift(state);
    apply_window(state, z);
    transform(z);
    find_energies(state);
    find_bands(state);
}
