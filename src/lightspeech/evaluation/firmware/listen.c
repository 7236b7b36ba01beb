/* Hears embedded sound as from a microphone, and prints what it heard and what that cost.
 *
 * The same file runs on a Cortex-M4F and on this machine, so that their lines can be compared:
 *   window HEX          int8 features of each window
 *   logits HEX          the network's answer to it
 *   speech N            percent of the window in which somebody speaks, as its gate hears it
 *   frontend N          instructions of the front end, all frames together
 *   inference N         instructions of the network, all windows together
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
static ls_model model;

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

/* Returns the instructions that the network took. */
static uint64_t answer(void) {
    ls_frontend_window(&frontend, ls_model_input(&model));
    print_bytes("window ", ls_model_input(&model), LS_MODEL_INPUT_SIZE);
    float probabilities[LS_MODEL_OUTPUT_SIZE]; /* not printed: the scores tell them */
    const uint64_t begin = platform_instructions();
    ls_model_run(&model);
    ls_model_probabilities(&model, probabilities);
    const uint64_t end = platform_instructions();
    print_bytes("logits ", ls_model_output(&model), LS_MODEL_OUTPUT_SIZE);
    print_number("speech ", (uint64_t)(100.0f * ls_frontend_speech(&frontend) + 0.5f));
    return end - begin;
}

/* Returns the instructions that the front end took for one block. */
static uint64_t hear(size_t n, uint64_t *inference) {
    uint64_t taken = 0;
    for (size_t used = 0; used < n;) {
        const uint64_t begin = platform_instructions();
        used += ls_frontend_push(&frontend, block + used, n - used);
        taken += platform_instructions() - begin;
        if (ls_frontend_due(&frontend)) {
            *inference += answer();
        }
    }
    return taken;
}

/* Returns the instructions that the front end took for all of the sound. */
static uint64_t hear_all(uint64_t *inference) {
    uint64_t taken = 0;
    for (size_t at = 0; at < AUDIO_SAMPLES;) {
        const size_t n = AUDIO_SAMPLES - at < BLOCK ? AUDIO_SAMPLES - at : BLOCK;
        memcpy(block, audio + at, n * sizeof block[0]);
        taken += hear(n, inference);
        at += n;
    }
    return taken;
}

int main(void) {
    uint64_t answered = 0;
    platform_begin();
    ls_frontend_init(&frontend);
#if LS_LEARNS /* whoever speaks in the sound is its user */
    ls_frontend_listen(&frontend);
    hear_all(&answered);
    ls_frontend_know(&frontend);
#endif
    const uint64_t heard = hear_all(&answered);
    print_number("frontend ", heard);
    print_number("inference ", answered);
    print_number("stack ", platform_stack_bytes());
    return 0;
}
