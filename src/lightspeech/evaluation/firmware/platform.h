/* What the machine under listen.c must give. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdint.h>

/* Begin to count, and mark the stack so that its use can be read. */
void platform_begin(void);

/* Instructions executed since platform_begin; 0 where nobody counts. */
uint64_t platform_instructions(void);

/* The most bytes of stack used since platform_begin; 0 where nobody knows. */
uint32_t platform_stack_bytes(void);

void platform_print(const char *text);

#endif
