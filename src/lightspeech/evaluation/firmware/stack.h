/* The stack of a microcontroller, painted before and read after. */
#ifndef STACK_H
#define STACK_H

/* Paint what lies below the caller, down to the last variable: linker scripts name both ends. */
void stack_paint(void);

#endif
