/* Emotion through an I2S microphone on an STM32, by DMA.
 *
 * For a project of STM32CubeMX: I2S2 as master that receives, Philips standard, 24 bits on a frame of
 * 32, 16 kHz, its DMA circular with half words. Call listen_begin() once and listen_step() in the
 * loop of main. Not built here with ST's tool chain: the tests compile it against headers of their own.
 */
#include <stdio.h>

#include "ls_listen.h"
#include "main.h" /* of CubeMX, brings the HAL of the family */

#define BLOCK 256u /* samples between two calls: 16 ms */
#define SLOTS 4u   /* half words of a sample: left high, left low, right high, right low */

extern I2S_HandleTypeDef hi2s2;

static ls_listener listener;
static uint16_t received[2 * BLOCK * SLOTS];

/* The upper 16 bits of the left channel, where the microphone is with its L/R pin on ground. */
static void hear(const uint16_t *half) {
    int16_t block[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) {
        block[i] = (int16_t)half[SLOTS * i];
    }
    ls_listener_hear(&listener, block, BLOCK);
}

void HAL_I2S_RxHalfCpltCallback(I2S_HandleTypeDef *i2s) {
    (void)i2s;
    hear(received);
}

void HAL_I2S_RxCpltCallback(I2S_HandleTypeDef *i2s) {
    (void)i2s;
    hear(received + BLOCK * SLOTS);
}

void listen_begin(void);
void listen_begin(void) {
    ls_listener_init(&listener);
    /* The HAL counts 24 bits on 32 as one, though DMA moves two half words. */
    if (HAL_I2S_Receive_DMA(&hi2s2, received, 2 * BLOCK * SLOTS / 2) != HAL_OK) {
        printf("the microphone does not start\n");
    }
}

void listen_step(void);
void listen_step(void) {
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    const ls_listener_event event = ls_listener_step(&listener, probabilities);
    if (event == LS_LISTENER_LATE) {
        printf("late: sound was lost\n");
    } else if (event == LS_LISTENER_NONE) {
        printf("none\n");
    } else if (event == LS_LISTENER_ANSWER) {
        const int best = ls_listener_best(&listener, probabilities);
        for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; i++) {
            printf("%s %d%% ", ls_model_label(i), (int)(100.0f * probabilities[i] + 0.5f));
        }
        printf("%s\n", best >= 0 ? ls_model_label(best) : "uncertain");
    }
}
