// Listens all the time and tells the emotion of the last seconds on the serial port and the LED.
//
// Written for the Arduino Nano 33 BLE Sense, whose PDM library brings the microphone. On any other
// board call heard() from the callback of its microphone, with 16-bit samples of LS_SAMPLE_RATE Hz.
// Not compiled with the Arduino tool chain by lightspeech; its C is, by arm-none-eabi-gcc.

#include <Arduino.h>
#include <lightspeech.h>

#if __has_include(<PDM.h>)
#include <PDM.h>
#endif

// While the network runs (a tenth of a second on a Cortex-M4F) samples go on coming.
static const uint32_t HELD = 4096;
static int16_t samples[HELD];
static volatile uint32_t n_heard;
static uint32_t n_taken;

static ls_frontend frontend;
static ls_model model;

// Called by the microphone, also while loop() is at work.
void heard(const int16_t *block, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    samples[(n_heard + i) % HELD] = block[i];
  }
  n_heard = n_heard + n;
}

#if __has_include(<PDM.h>)
static void on_sound() {
  static int16_t block[256];
  while (PDM.available() > 0) {
    const int bytes = PDM.read(block, min(PDM.available(), (int)sizeof block));
    heard(block, bytes / sizeof block[0]);
  }
}
#endif

void setup() {
  Serial.begin(115200);
  ls_frontend_init(&frontend);
#ifdef LEDR
  pinMode(LEDR, OUTPUT);
  pinMode(LEDG, OUTPUT);
  pinMode(LEDB, OUTPUT);
#endif
#if __has_include(<PDM.h>)
  PDM.onReceive(on_sound);
  if (!PDM.begin(1, LS_SAMPLE_RATE)) {
    Serial.println("the microphone does not start");
  }
#endif
}

// A colour a class, in the order of the labels: red, green, yellow, blue, ...; dark if uncertain.
static void show(int color) {
#ifdef LEDR
  digitalWrite(LEDR, color & 1 ? LOW : HIGH);  // the LED shines on LOW
  digitalWrite(LEDG, color & 2 ? LOW : HIGH);
  digitalWrite(LEDB, color & 4 ? LOW : HIGH);
#else
  (void)color;
#endif
}

static void answer() {
  float probabilities[LS_MODEL_OUTPUT_SIZE];
  int best = 0;
  ls_model_run(&model);
  ls_model_probabilities(&model, probabilities);
  for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; i++) {
    best = probabilities[i] > probabilities[best] ? i : best;
    Serial.print(ls_model_label(i));
    Serial.print(' ');
    Serial.print(probabilities[i]);
    Serial.print(' ');
  }
  const bool certain = probabilities[best] >= LS_THRESHOLD;
  Serial.println(certain ? ls_model_label(best) : "uncertain");
  show(certain ? best % 7 + 1 : 0);
}

void loop() {
  if (n_heard - n_taken > HELD) {
    Serial.println("late: sound was lost");
    n_taken = n_heard;
    ls_frontend_init(&frontend);
  }
  const uint32_t at = n_taken % HELD;
  const uint32_t to_end = HELD - at;
  const uint32_t waiting = n_heard - n_taken;
  n_taken += ls_frontend_push(&frontend, samples + at, waiting < to_end ? waiting : to_end);
  if (ls_frontend_due(&frontend)) {
    ls_frontend_window(&frontend, ls_model_input(&model));
    answer();
  }
}
