/* From reset to main, and from main to the end of QEMU. */
#include <stdint.h>

/* Words of QEMU's test device: stop, and how. */
#define TEST_DEVICE (*(volatile uint32_t *)0x100000u)
#define STOPPED_BY_PROGRAM 0x5555u
#define STOPPED_BY_FAULT 0x13333u /* with exit status 1 */

extern uint32_t _sbss, _ebss;
extern int main(void);

void start(void);

__attribute__((noreturn)) static void stop(uint32_t reason) {
    TEST_DEVICE = reason;
    for (;;) {
    }
}

__attribute__((aligned(4), used)) static void fault(void) { stop(STOPPED_BY_FAULT); }

__attribute__((noreturn, used)) static void begin(void) {
    for (uint32_t *word = &_sbss; word < &_ebss; word++) {
        *word = 0;
    }
    stop(main() == 0 ? STOPPED_BY_PROGRAM : STOPPED_BY_FAULT);
}

__attribute__((naked, noreturn, section(".start"), used)) void start(void) {
    __asm volatile(
        "la sp, _estack\n"
        "la t0, fault\n"
        ".word 0x30529073\n" /* csrw mtvec, t0: not all assemblers have it without Zicsr */
        "j begin\n");
}
