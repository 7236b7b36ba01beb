/* Where somebody speaks: the voice gate of lightspeech, over mel bands that the front end has anyway.
 *
 * Weights are in ls_gate_tables.h, which lightspeech writes. Whole numbers only, no library.
 */
#ifndef LS_GATE_H
#define LS_GATE_H

#include <stdint.h>

#include "ls_frontend_config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int8_t memory[LS_GATE_MEMORY];    /* rings: what each layer hears, as far back as it does */
    uint8_t speech[LS_GATE_CELLS];    /* ring: which cells of a window sound like speech */
    int32_t peak;                     /* running peak of the levels */
    uint32_t cells;                   /* heard so far */
} ls_gate;

/* Before the first cell there was silence. */
void ls_gate_init(ls_gate *gate);

/* Hear a cell: the level of each of LS_GATE_BANDS bands. What is
 * said of it comes some cells later. */
void ls_gate_hear(ls_gate *gate, const int32_t *levels);

/* Share of the last window in which somebody speaks: 0, where nobody does, to 1. */
float ls_gate_share(const ls_gate *gate);

#ifdef __cplusplus
}
#endif

#endif
