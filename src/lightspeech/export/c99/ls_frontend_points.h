/* Complex numbers that the Fourier transform computes with, of one frame or of several side by side; a
 * part of ls_frontend.c. Where a processor has registers of two floats, one is loaded at once. The
 * bits are the same everywhere.
 */
#ifndef LS_FRONTEND_POINTS_H
#define LS_FRONTEND_POINTS_H

#if LS_LANES > 1
typedef int32_t int_lanes __attribute__((vector_size(4 * LS_LANES)));
#define TO_FLOAT(x) __builtin_convertvector(x, ls_lanes)
#else
typedef int32_t int_lanes;
#define TO_FLOAT(x) ((float)(x))
#endif

/* What must be where it is used, so that its points stay in registers. */
#ifdef __GNUC__
#define INSIDE static inline __attribute__((always_inline))
#else
#define INSIDE static inline
#endif

#define ROOT 0.707106781f /* of a half */

#if LS_LANES == 1 && defined LS_SMLAD && defined __ARM_FP && !defined __clang__
/* A Cortex-M with floats, gcc: what it calls a double is a register of two, %0 and %p0. */
typedef double point __attribute__((may_alias));

#define BOTH(name, re, im)                                                                         \
    INSIDE point name(point a, point b) {                                                          \
        point c;                                                                                   \
        __asm__(re ", %1, " im : "=&w"(c) : "w"(a), "w"(b));                                       \
        return c;                                                                                  \
    }
BOTH(plus, "vadd.f32 %0", "%2\n\tvadd.f32 %p0, %p1, %p2")
BOTH(minus, "vsub.f32 %0", "%2\n\tvsub.f32 %p0, %p1, %p2")
BOTH(plus_quarter, "vadd.f32 %0", "%p2\n\tvsub.f32 %p0, %p1, %2")
BOTH(minus_quarter, "vsub.f32 %0", "%p2\n\tvadd.f32 %p0, %p1, %2")

INSIDE point eighth(point a) {
    point to;
    __asm__("vadd.f32 %0, %1, %p1\n\tvsub.f32 %p0, %p1, %1\n\t"
            "vmul.f32 %0, %0, %2\n\tvmul.f32 %p0, %p0, %2"
            : "=&w"(to) : "w"(a), "t"(ROOT));
    return to;
}

INSIDE point turned(point a, const float *turn) {
    point to, more;
    __asm__("vmul.f32 %0, %2, %3\n\tvmul.f32 %p0, %p2, %3\n\t"
            "vmul.f32 %1, %p2, %p3\n\tvmul.f32 %p1, %2, %p3\n\t"
            "vadd.f32 %0, %0, %1\n\tvsub.f32 %p0, %p0, %p1"
            : "=&w"(to), "=&w"(more) : "w"(a), "w"(*(const point *)(const void *)turn));
    return to;
}

INSIDE point product(int32_t first, int32_t second, const float *window) {
    point to;
    __asm__("vmov %0, %p0, %1, %2\n\tvcvt.f32.s32 %0, %0\n\tvcvt.f32.s32 %p0, %p0\n\t"
            "vmul.f32 %0, %0, %3\n\tvmul.f32 %p0, %p0, %p3"
            : "=&w"(to) : "r"(first), "r"(second), "w"(*(const point *)(const void *)window));
    return to;
}

INSIDE point falling_product(int32_t first, int32_t second, const float *window) {
    point to;
    __asm__("vmov %0, %p0, %1, %2\n\tvcvt.f32.s32 %0, %0\n\tvcvt.f32.s32 %p0, %p0\n\t"
            "vmul.f32 %0, %0, %p3\n\tvmul.f32 %p0, %p0, %3"
            : "=&w"(to) : "r"(first), "r"(second), "w"(*(const point *)(const void *)(window - 1)));
    return to;
}
#else
typedef struct {
    ls_lanes re, im;
} point;

INSIDE point point_of(ls_lanes re, ls_lanes im) {
    const point to = {re, im};
    return to;
}

INSIDE point plus(point a, point b) { return point_of(a.re + b.re, a.im + b.im); }

INSIDE point minus(point a, point b) { return point_of(a.re - b.re, a.im - b.im); }

/* The sum with, and the gap to, a point turned by a quarter to the right: times -i. */
INSIDE point plus_quarter(point a, point b) { return point_of(a.re + b.im, a.im - b.re); }

INSIDE point minus_quarter(point a, point b) { return point_of(a.re - b.im, a.im + b.re); }

/* An eighth of a turn to the right. */
INSIDE point eighth(point a) { return point_of(ROOT * (a.re + a.im), ROOT * (a.im - a.re)); }

/* An angle to the right, of which cosine and sine are given. */
INSIDE point turned(point a, const float *turn) {
    return point_of(a.re * turn[0] + a.im * turn[1], a.im * turn[0] - a.re * turn[1]);
}

/* Two samples times a window that goes up, and down, the table. */
INSIDE point product(int_lanes first, int_lanes second, const float *window) {
    return point_of(TO_FLOAT(first) * window[0], TO_FLOAT(second) * window[1]);
}

INSIDE point falling_product(int_lanes first, int_lanes second, const float *window) {
    return point_of(TO_FLOAT(first) * window[0], TO_FLOAT(second) * window[-1]);
}
#endif

/* Fourier transform of two, four and eight points in place. */
INSIDE void transform_two(point *x) {
    const point gap = minus(x[0], x[1]);
    x[0] = plus(x[0], x[1]);
    x[1] = gap;
}

INSIDE void transform_four(point *x) {
    const point a = plus(x[0], x[2]), b = plus(x[1], x[3]);
    const point c = minus(x[0], x[2]), d = minus(x[1], x[3]);
    x[0] = plus(a, b);
    x[1] = plus_quarter(c, d);
    x[2] = minus(a, b);
    x[3] = minus_quarter(c, d);
}

INSIDE void transform_eight(point *x) {
    point even[4] = {plus(x[0], x[4]), plus(x[1], x[5]), plus(x[2], x[6]), plus(x[3], x[7])};
    const point first = minus(x[0], x[4]), third = minus(x[2], x[6]);
    const point second = eighth(minus(x[1], x[5])), fourth = eighth(minus(x[3], x[7]));
    const point a = plus_quarter(first, third), b = plus_quarter(second, fourth);
    const point c = minus_quarter(first, third), d = minus_quarter(second, fourth);
    transform_four(even);
    x[0] = even[0];
    x[1] = plus(a, b);
    x[2] = even[1];
    x[3] = plus_quarter(c, d);
    x[4] = even[2];
    x[5] = minus(a, b);
    x[6] = even[3];
    x[7] = minus_quarter(c, d);
}

#endif
