/* A RISC-V in QEMU: prints by its serial port, counts by the processor's own counter (minstret).
 *
 * They are instructions, not cycles: QEMU knows of no flash that waits and of no division that
 * takes long. */
#include "../platform.h"
#include "../stack.h"

#define SERIAL_PORT (*(volatile uint8_t *)0x10000000u)

void platform_begin(void) { stack_paint(); }

/* csrr a0, minstret and minstreth: not all assemblers have them without Zicsr. */
static uint32_t low_half(void) {
    register uint32_t a0 __asm("a0");
    __asm volatile(".word 0xB0202573" : "=r"(a0));
    return a0;
}

static uint32_t high_half(void) {
    register uint32_t a0 __asm("a0");
    __asm volatile(".word 0xB8202573" : "=r"(a0));
    return a0;
}

uint64_t platform_instructions(void) {
    uint32_t high, low;
    do {
        high = high_half();
        low = low_half();
    } while (high != high_half());
    return (uint64_t)high << 32 | low;
}

void platform_print(const char *text) {
    while (*text != 0) {
        SERIAL_PORT = (uint8_t)*text++;
    }
}
