/* A Cortex-M in QEMU: prints by semihosting, counts instructions by SysTick.
 *
 * With -icount shift=0 an instruction lasts 1 ns and SysTick of most boards runs at 25 MHz, so that
 * a tick is exactly 40 instructions; of others, a quarter of a whole number. They are instructions,
 * not cycles: QEMU knows of no flash that waits and of no division that takes long. */
#include "../platform.h"
#include "../stack.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define SYST_TOP 0xFFFFFFu
#ifndef INSTRUCTIONS_PER_4_TICKS
#define INSTRUCTIONS_PER_4_TICKS 160u
#endif
#define SEMIHOSTING_WRITE0 4u

static volatile uint32_t turns;

void SysTick_Handler(void);

void SysTick_Handler(void) { turns++; }

void platform_begin(void) {
    stack_paint();
    SYST_RVR = SYST_TOP;
    SYST_CVR = 0;
    SYST_CSR = 7; /* on, with interrupt, from the processor's clock */
    while (SYST_CVR == 0) {
    }
}

uint64_t platform_instructions(void) {
    uint32_t before, now;
    do {
        before = turns;
        now = SYST_CVR;
    } while (before != turns);
    return ((uint64_t)before * (SYST_TOP + 1u) + (SYST_TOP - now)) * INSTRUCTIONS_PER_4_TICKS / 4;
}

void platform_print(const char *text) {
    register uint32_t operation __asm("r0") = SEMIHOSTING_WRITE0;
    register const char *argument __asm("r1") = text;
    __asm volatile("bkpt 0xAB" : "+r"(operation) : "r"(argument) : "memory");
}
