/* From reset to main, and from main to the end of QEMU. */
#include <stdint.h>

#define SEMIHOSTING_EXIT 0x18u
#define STOPPED_BY_PROGRAM 0x20026u
#define STOPPED_BY_FAULT 0x20023u

extern uint32_t _sidata, _sdata, _edata, _sbss, _ebss;
extern int main(void);

void Reset_Handler(void);
void SysTick_Handler(void);

__attribute__((noreturn)) static void stop(uint32_t reason) {
    register uint32_t operation __asm("r0") = SEMIHOSTING_EXIT;
    register uint32_t argument __asm("r1") = reason;
    __asm volatile("bkpt 0xAB" : : "r"(operation), "r"(argument));
    for (;;) {
    }
}

static void Fault_Handler(void) { stop(STOPPED_BY_FAULT); }

__attribute__((noreturn, used)) static void begin(void) {
    const uint32_t *from = &_sidata;
    for (uint32_t *to = &_sdata; to < &_edata; to++) {
        *to = *from++;
    }
    for (uint32_t *word = &_sbss; word < &_ebss; word++) {
        *word = 0;
    }
    stop(main() == 0 ? STOPPED_BY_PROGRAM : STOPPED_BY_FAULT);
}

/* Switches the floating point unit on (CPACR); without a prologue, which might already use it. */
__attribute__((naked, noreturn)) void Reset_Handler(void) {
#ifdef __ARM_FP
    __asm volatile(
        "ldr r0, =0xE000ED88\n"
        "ldr r1, [r0]\n"
        "orr r1, r1, #(0xF << 20)\n"
        "str r1, [r0]\n"
        "dsb\n"
        "isb\n");
#endif
    __asm volatile("b begin\n");
}

/* The first of the table, the top of the stack, is written by link.ld. */
__attribute__((section(".isr_vector"), used)) static void (*const vectors[15])(void) = {
    Reset_Handler, Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler,
    Fault_Handler, 0,             0,             0,             0,
    Fault_Handler, Fault_Handler, 0,             Fault_Handler, SysTick_Handler,
};
