/* Of the C library's header what generated C calls; f32.sqrt is an instruction, rounded as IEEE 754
 * says, and so has the bits of every other machine. */
#ifndef MATH_H
#define MATH_H

static inline float sqrtf(float x) { return __builtin_sqrtf(x); }

#endif
