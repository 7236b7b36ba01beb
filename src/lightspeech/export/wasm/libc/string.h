/* Of the C library's header what generated C calls: instructions (memory.copy, memory.fill), so that
 * there is no library to link. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset

#endif
