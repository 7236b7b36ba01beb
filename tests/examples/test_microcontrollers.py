"""The loops for STM32 and ESP32-S3, against headers of our own, hear as the firmware image does."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lightspeech import bundle
from lightspeech.audio import io
from lightspeech.corpora import synthetic
from lightspeech.evaluation import emulation
from lightspeech.inference.answers import LEAST_SHARE
from lightspeech.workflows.convert import convert

EXAMPLES = Path(__file__).parents[2] / "examples"
WARNINGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror")

STM32 = {
    "main.h": """
#include <stdint.h>
typedef struct { int unused; } I2S_HandleTypeDef;
typedef enum { HAL_OK } HAL_StatusTypeDef;
HAL_StatusTypeDef HAL_I2S_Receive_DMA(I2S_HandleTypeDef *i2s, uint16_t *to, uint16_t n);
void HAL_I2S_RxHalfCpltCallback(I2S_HandleTypeDef *i2s);
void HAL_I2S_RxCpltCallback(I2S_HandleTypeDef *i2s);
""",
    "board.c": """
#include <stdio.h>
#include "main.h"
I2S_HandleTypeDef hi2s2;
static uint16_t *buffer;
static uint32_t half;
void listen_begin(void);
void listen_step(void);
HAL_StatusTypeDef HAL_I2S_Receive_DMA(I2S_HandleTypeDef *i2s, uint16_t *to, uint16_t n) {
    (void)i2s;
    buffer = to;
    half = n; /* of words of 32 bits: two half words each, and two halves */
    return HAL_OK;
}
int main(void) {
    int16_t sample;
    uint32_t at = 0;
    listen_begin();
    while (fread(&sample, sizeof sample, 1, stdin) == 1) {
        buffer[at] = (uint16_t)sample;
        buffer[at + 1] = 0x5a00;
        buffer[at + 2] = buffer[at + 3] = 0xffff;
        at = (at + 4) % (2 * half);
        if (at % half == 0) {
            if (at == half) HAL_I2S_RxHalfCpltCallback(&hi2s2);
            else HAL_I2S_RxCpltCallback(&hi2s2);
            listen_step();
        }
    }
    return 0;
}
""",
}
ESP32 = {
    "esp_err.h": "#define ESP_OK 0\n#define ESP_ERROR_CHECK(x) (void)(x)\n",
    "driver/i2s_std.h": """
#include <stddef.h>
#include <stdint.h>
#define GPIO_NUM_4 4
#define GPIO_NUM_5 5
#define GPIO_NUM_6 6
#define I2S_GPIO_UNUSED -1
#define portMAX_DELAY 0xffffffffu
enum { I2S_NUM_AUTO, I2S_ROLE_MASTER, I2S_DATA_BIT_WIDTH_32BIT, I2S_SLOT_MODE_MONO };
typedef int *i2s_chan_handle_t;
typedef struct { uint32_t dma_desc_num, dma_frame_num; int id, role; } i2s_chan_config_t;
typedef struct { uint32_t rate; } i2s_clk_t;
typedef struct { int width, mode; } i2s_slot_t;
typedef struct { int mclk, bclk, ws, dout, din; } i2s_gpio_t;
typedef struct { i2s_clk_t clk_cfg; i2s_slot_t slot_cfg; i2s_gpio_t gpio_cfg; } i2s_std_config_t;
#define I2S_CHANNEL_DEFAULT_CONFIG(number, mode) {.id = number, .role = mode}
#define I2S_STD_CLK_DEFAULT_CONFIG(hz) {hz}
#define I2S_STD_PHILIPS_SLOT_DEFAULT_CONFIG(bits, slots) {bits, slots}
int i2s_new_channel(const i2s_chan_config_t *config, i2s_chan_handle_t *tx, i2s_chan_handle_t *rx);
int i2s_channel_init_std_mode(i2s_chan_handle_t handle, const i2s_std_config_t *config);
int i2s_channel_enable(i2s_chan_handle_t handle);
int i2s_channel_read(i2s_chan_handle_t handle, void *to, size_t n, size_t *read, uint32_t wait);
void app_main(void);
""",
    "board.c": """
#include <stdio.h>
#include "driver/i2s_std.h"
int i2s_new_channel(const i2s_chan_config_t *config, i2s_chan_handle_t *tx, i2s_chan_handle_t *rx) {
    static int channel;
    (void)config;
    (void)tx;
    *rx = &channel;
    return 0;
}
int i2s_channel_init_std_mode(i2s_chan_handle_t handle, const i2s_std_config_t *config) {
    (void)handle;
    return config->clk_cfg.rate != 16000;
}
int i2s_channel_enable(i2s_chan_handle_t handle) { return *handle; }
int i2s_channel_read(i2s_chan_handle_t handle, void *to, size_t n, size_t *read, uint32_t wait) {
    int16_t sample;
    int32_t *words = to;
    (void)handle;
    (void)wait;
    for (*read = 0; *read < n; *read += sizeof *words) {
        if (fread(&sample, sizeof sample, 1, stdin) != 1) return 1;
        *words++ = (int32_t)((uint32_t)(uint16_t)sample << 16 | 0x5a00u);
    }
    return 0;
}
int main(void) {
    app_main();
    return 0;
}
""",
}
BOARDS = {"stm32": (STM32, "listen.c"), "esp32-s3": (ESP32, "main/main.c")}


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs a C compiler: install gcc")
@pytest.mark.parametrize(("name", "model"), [("stm32", "micro"), ("esp32-s3", "nano")])
def test_the_loop_hears_as_the_firmware_does(name, model, tmp_path):
    """A voice made by rules, sure or not as the model says, and silence, which is none."""
    written = convert(bundle.read(model), format="c99", bundles=tmp_path)
    stubs, source = BOARDS[name]
    for file, text in stubs.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    cfg = synthetic.Config(speakers=3, sentences=1, root=tmp_path / "voice")
    voice = np.concatenate([io.load(one.path) for one in synthetic.read(cfg).utterances])
    sound = np.concatenate([voice, np.zeros(6 * 16_000)])
    samples = (32_767 * sound).astype(np.int16)
    samples = samples[: len(samples) // 256 * 256]
    program = tmp_path / "listen"
    sources = (EXAMPLES / name / source, tmp_path / "board.c", *written.path.glob("*.c"))
    folders = ("-I", tmp_path, "-I", written.path)
    subprocess.run(["gcc", *WARNINGS, *folders, *sources, "-lm", "-o", program], check=True)
    done = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
    lines = done.stdout.decode().splitlines()
    heard = emulation.on_host(written.path, samples)
    assert len(lines) == len(heard.logits) > 3
    assert [line == "none" for line in lines] == [share == 0 for share in heard.speech]
    assert lines[0] != lines[-1] == "none"
    scores = [np.frombuffer(logits, np.int8) for logits in heard.logits]
    for row, line, share in zip(scores, lines, heard.speech, strict=True):
        if line == "none":
            continue
        *told, said = line.split()  # such as: angry 12% happy 88% happy
        shares = dict(zip(told[::2], (int(share[:-1]) / 100 for share in told[1::2]), strict=True))
        label = written.labels[row.argmax()]
        assert shares[label] == max(shares.values())  # two may have as many percent
        limit = written.thresholds[row.argmax()]
        if abs(shares[label] - limit) > 0.01:  # else nobody can tell
            sure = shares[label] > limit and share >= LEAST_SHARE
            assert said == (label if sure else "uncertain")
