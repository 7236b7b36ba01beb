/* What integer layers compute with, the same in every file of them. */
#ifndef LS_INTEGERS_H
#define LS_INTEGERS_H

#include <stdint.h>
#include <string.h>

#include "ls_kernels.h"

static inline int32_t min_of(int32_t a, int32_t b) { return a < b ? a : b; }

static inline int32_t max_of(int32_t a, int32_t b) { return a > b ? a : b; }

/* gemmlowp's two roundings, which TFLite Micro keeps: first to the upper half of the doubled
 * product (its case distinction by sign comes to adding one half), then to the power of two, ties
 * away from zero. Right shifts of negative numbers are arithmetic on every compiler of interest. */
static inline int32_t scaled(int32_t value, ls_scale scale) {
    const int32_t left = max_of(scale.shift, 0), right = left - scale.shift;
    const int32_t wide = (int32_t)((uint32_t)value << left);
    const int64_t product = (int64_t)wide * scale.multiplier + (INT64_C(1) << 30);
#ifdef __wasm__ /* a half more, and one less below zero, comes to the same in its 64 bits */
    const int64_t whole = product >> 31, half = (INT64_C(1) << right) >> 1;
    return (int32_t)((whole + half + ((whole >> 63) & -(half > 0))) >> right);
#else
    const int32_t high = (int32_t)(product >> 31);
    const int32_t mask = (int32_t)((UINT32_C(1) << right) - 1);
    const int32_t threshold = (mask >> 1) + (high < 0);
    return (high >> right) + ((high & mask) > threshold);
#endif
}

#ifdef LS_SMLAD
/* Cortex-M4, M7, M33: two products an instruction. Unaligned words are read in one load. */
static inline uint32_t four(const int8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t even(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline uint32_t odd(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline int32_t smlad(uint32_t a, uint32_t b, int32_t sum) {
    int32_t more;
    __asm__("smlad %0, %1, %2, %3" : "=r"(more) : "r"(a), "r"(b), "r"(sum));
    return more;
}
#endif

#endif
