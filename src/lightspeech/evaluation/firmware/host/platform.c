/* This machine: it prints, and counts nothing. */
#include "../platform.h"

#include <stdio.h>

void platform_begin(void) {}

uint64_t platform_instructions(void) { return 0; }

uint32_t platform_stack_bytes(void) { return 0; }

void platform_print(const char *text) { fputs(text, stdout); }
