/* Emotion through an I2S microphone on an ESP32-S3, with ESP-IDF 5.
 *
 * One task reads and answers: while the network runs, DMA holds the sound that comes. Not built here
 * with ESP-IDF: the tests compile it against headers of their own.
 */
#include <stdio.h>

#include "driver/i2s_std.h"
#include "esp_err.h"
#include "ls_listen.h"

#define CLOCK_PIN GPIO_NUM_4
#define WORD_PIN GPIO_NUM_5
#define DATA_PIN GPIO_NUM_6
#define BLOCK 256u /* samples: 16 ms */
#define HELD 16u   /* blocks that DMA holds: a quarter of a second */

static ls_listener listener;

static i2s_chan_handle_t begin_microphone(void) {
    i2s_chan_handle_t microphone;
    i2s_chan_config_t channel = I2S_CHANNEL_DEFAULT_CONFIG(I2S_NUM_AUTO, I2S_ROLE_MASTER);
    channel.dma_desc_num = HELD;
    channel.dma_frame_num = BLOCK;
    ESP_ERROR_CHECK(i2s_new_channel(&channel, NULL, &microphone));
    const i2s_std_config_t standard = {
        .clk_cfg = I2S_STD_CLK_DEFAULT_CONFIG(LS_SAMPLE_RATE),
        .slot_cfg =
            I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(I2S_DATA_BIT_WIDTH_32BIT, I2S_SLOT_MODE_MONO),
        .gpio_cfg =
            {
                .mclk = I2S_GPIO_UNUSED,
                .bclk = CLOCK_PIN,
                .ws = WORD_PIN,
                .dout = I2S_GPIO_UNUSED,
                .din = DATA_PIN,
            },
    };
    ESP_ERROR_CHECK(i2s_channel_init_std_mode(microphone, &standard));
    ESP_ERROR_CHECK(i2s_channel_enable(microphone));
    return microphone;
}

static void tell(const float *probabilities) {
    const int best = ls_listener_best(&listener, probabilities);
    for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; i++) {
        printf("%s %d%% ", ls_model_label(i), (int)(100.0f * probabilities[i] + 0.5f));
    }
    printf("%s\n", best >= 0 ? ls_model_label(best) : "uncertain");
}

/* Wait for a block, and hear it; returns 0 where the microphone ends. */
static int hear(i2s_chan_handle_t microphone) {
    static int32_t received[BLOCK];
    int16_t block[BLOCK];
    size_t n_bytes = 0;
    if (i2s_channel_read(microphone, received, sizeof received, &n_bytes, portMAX_DELAY) != ESP_OK) {
        return 0;
    }
    const uint32_t n = (uint32_t)(n_bytes / sizeof received[0]);
    for (uint32_t i = 0; i < n; i++) {
        block[i] = (int16_t)(received[i] >> 16);
    }
    ls_listener_hear(&listener, block, n);
    return 1;
}

void app_main(void) {
    const i2s_chan_handle_t microphone = begin_microphone();
    float probabilities[LS_MODEL_OUTPUT_SIZE];
    ls_listener_init(&listener);
    while (hear(microphone)) {
        switch (ls_listener_step(&listener, probabilities)) {
            case LS_LISTENER_ANSWER: tell(probabilities); break;
            case LS_LISTENER_NONE: printf("none\n"); break;
            default: break;
        }
    }
}
