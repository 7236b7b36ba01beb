/* Pairs of 16 bits, of which a processor multiplies two at once. */
#ifndef LS_PAIRS_H
#define LS_PAIRS_H

#ifdef LS_SMLAD
#include <stdint.h>
#include <string.h>

/* Cortex-M4, M7, M33: two products an instruction. Unaligned words are read in one load. Any other
 * machine computes the same in C, so that a test of the layers needs no such processor. */
static inline uint32_t four(const int8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline int32_t lower(uint32_t pair) { return (int16_t)(pair & 0xFFFF); }

static inline int32_t upper(uint32_t pair) { return (int32_t)pair >> 16; }

#ifdef __arm__
/* Bytes 0 and 2 of a word, as a pair of 16 bits. */
static inline uint32_t even(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Bytes 1 and 3. */
static inline uint32_t odd(uint32_t bytes) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline uint32_t pair_of(int32_t low, int32_t high) {
    uint32_t pair;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
    return pair;
}

static inline int32_t smlad(uint32_t a, uint32_t b, int32_t sum) {
    int32_t more;
    __asm__("smlad %0, %1, %2, %3" : "=r"(more) : "r"(a), "r"(b), "r"(sum));
    return more;
}

/* A number of 16 bits times the upper half of a pair. */
static inline int32_t smlabt(int32_t value, uint32_t pair, int32_t sum) {
    int32_t more;
    __asm__("smlabt %0, %1, %2, %3" : "=r"(more) : "r"(value), "r"(pair), "r"(sum));
    return more;
}

/* The upper word of a product, rounded. */
static inline int32_t smmulr(int32_t a, int32_t b) {
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

static inline int32_t int8_at_most(int32_t value) {
    int32_t cut;
    __asm__("ssat %0, #8, %1" : "=r"(cut) : "r"(value));
    return cut;
}
#else
static inline uint32_t even(uint32_t bytes) {
    const int8_t low = (int8_t)(bytes & 0xFF), high = (int8_t)(bytes >> 16 & 0xFF);
    return (uint16_t)low | (uint32_t)high << 16;
}

static inline uint32_t odd(uint32_t bytes) { return even(bytes >> 8); }

static inline uint32_t pair_of(int32_t low, int32_t high) {
    return (uint16_t)low | (uint32_t)high << 16;
}

static inline int32_t smlad(uint32_t a, uint32_t b, int32_t sum) {
    return (int32_t)((uint32_t)sum + (uint32_t)(lower(a) * lower(b)) + (uint32_t)(upper(a) * upper(b)));
}

static inline int32_t smlabt(int32_t value, uint32_t pair, int32_t sum) {
    return sum + value * upper(pair);
}

static inline int32_t smmulr(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 31)) >> 32);
}

static inline int32_t int8_at_most(int32_t value) {
    return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value;
}
#endif
#endif

#endif
