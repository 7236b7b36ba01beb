/* Hears embedded sound as from a microphone, and prints what it heard and what that cost.
 *
 * The same file runs on a Cortex-M4F and on this machine, so that their lines can be compared:
 *   window HEX          int8 features of each window, or of each frame of a stream
 *   logits HEX          the network's answer
 *   inference N         instructions of the network since the answer before
 *   speech N            percent of the window in which somebody speaks, as its gate hears it
 *   frontend N          instructions of the front end, all frames together
 *   gate N              those of its voice gate
 *   stack N             bytes
 */
#include <string.h>

#include "audio.h"
#include "ls_frontend.h"
#include "ls_model.h"
#include "platform.h"

#define BLOCK 4096 /* what a device holds of the sound that comes while the network runs */

static ls_frontend frontend;
static int16_t block[BLOCK];
#if LS_STREAMS
static ls_stream stream;
#else
static ls_model model;
#endif
static uint64_t of_network, of_gate; /* instructions */

static void print_bytes(const char *name, const int8_t *bytes, size_t n) {
    static const char digits[] = "0123456789abcdef";
    platform_print(name);
    for (size_t i = 0; i < n; i++) {
        const unsigned byte = (uint8_t)bytes[i];
        const char text[3] = {digits[byte >> 4], digits[byte & 15], 0};
        platform_print(text);
    }
    platform_print("\n");
}

static void print_number(const char *name, uint64_t number) {
    char text[24];
    char *at = text + sizeof text - 1;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    platform_print(name);
    platform_print(at);
    platform_print("\n");
}

#if LS_GATE
/* The linker puts the first in the place of the second, so that what the gate takes is counted. */
void __wrap_ls_gate_hear(ls_gate *gate, const int32_t *levels);
void __real_ls_gate_hear(ls_gate *gate, const int32_t *levels);
void __wrap_ls_gate_hear(ls_gate *gate, const int32_t *levels) {
    const uint64_t begin = platform_instructions();
    __real_ls_gate_hear(gate, levels);
    of_gate += platform_instructions() - begin;
}
#endif

#if LS_STREAMS
static void hear_frames(void) {
    const int8_t *frame;
    while ((frame = ls_frontend_frame(&frontend)) != NULL) {
        const uint64_t begin = platform_instructions();
        ls_stream_hear(&stream, frame);
        of_network += platform_instructions() - begin;
        print_bytes("window ", frame, LS_N_FEATURES);
    }
}

/* Probabilities are not printed: the scores tell them. */
static const int8_t *answer(float *probabilities) {
    const uint64_t begin = platform_instructions();
    ls_stream_probabilities(&stream, probabilities);
    of_network += platform_instructions() - begin;
    ls_frontend_skip(&frontend);
    return ls_stream_decide(&stream);
}
#else
static void hear_frames(void) {}

static const int8_t *answer(float *probabilities) {
    ls_frontend_window(&frontend, ls_model_input(&model));
    print_bytes("window ", ls_model_input(&model), LS_MODEL_INPUT_SIZE);
    const uint64_t begin = platform_instructions();
    ls_model_run(&model);
    ls_model_probabilities(&model, probabilities);
    of_network += platform_instructions() - begin;
    return ls_model_output(&model);
}
#endif

static void tell(void) {
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    print_bytes("logits ", answer(probabilities), LS_MODEL_OUTPUT_SIZE);
    print_number("inference ", of_network);
    print_number("speech ", (uint32_t)(100.0f * ls_frontend_speech(&frontend) + 0.5f));
    of_network = 0;
}

/* Returns the instructions that the front end took for one block. */
static uint64_t hear(size_t n) {
    uint64_t taken = 0;
    for (size_t used = 0; used < n;) {
        const uint64_t begin = platform_instructions();
        used += ls_frontend_push(&frontend, block + used, n - used);
        taken += platform_instructions() - begin;
        hear_frames();
        if (ls_frontend_due(&frontend)) {
            tell();
        }
    }
    return taken;
}

/* Returns the instructions that the front end took for all of the sound. */
static uint64_t hear_all(void) {
    uint64_t taken = 0;
    for (size_t at = 0; at < AUDIO_SAMPLES;) {
        const size_t n = AUDIO_SAMPLES - at < BLOCK ? AUDIO_SAMPLES - at : BLOCK;
        memcpy(block, audio + at, n * sizeof block[0]);
        taken += hear(n);
        at += n;
    }
    return taken;
}

int main(void) {
    platform_begin();
    ls_frontend_init(&frontend);
#if LS_STREAMS
    ls_stream_reset(&stream);
#endif
#if LS_LEARNS /* whoever speaks in the sound is its user */
    ls_frontend_listen(&frontend);
    hear_all();
    ls_frontend_know(&frontend);
    of_gate = 0;
#endif
    const uint64_t heard = hear_all();
    print_number("frontend ", heard);
    print_number("gate ", of_gate);
    print_number("stack ", platform_stack_bytes());
    return 0;
}
