/* How deep the stack of a microcontroller was: the same of each, since linker scripts name its ends. */
#include "stack.h"

#include "platform.h"

#define PAINT 0xA5A5A5A5u
#define MARGIN 16u /* words below this function's frame that are left alone */

extern uint32_t _ebss, _estack;

void stack_paint(void) {
    uint32_t *const top = (uint32_t *)__builtin_frame_address(0) - MARGIN;
    for (uint32_t *word = &_ebss; word < top; word++) {
        *word = PAINT;
    }
}

uint32_t platform_stack_bytes(void) {
    const uint32_t *word = &_ebss;
    while (word < &_estack && *word == PAINT) {
        word++;
    }
    return (uint32_t)((const char *)&_estack - (const char *)word);
}
