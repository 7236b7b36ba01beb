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

static ls_listener listener;

// Called by the microphone, also while loop() is at work.
void heard(const int16_t *block, uint32_t n) { ls_listener_hear(&listener, block, n); }

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
  ls_listener_init(&listener);
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

// A colour a class, in the order of the labels: red, green, yellow, blue, ...; dark if uncertain
// or if nobody speaks.
static void show(int color) {
#ifdef LEDR
  digitalWrite(LEDR, color & 1 ? LOW : HIGH);  // the LED shines on LOW
  digitalWrite(LEDG, color & 2 ? LOW : HIGH);
  digitalWrite(LEDB, color & 4 ? LOW : HIGH);
#else
  (void)color;
#endif
}

static void tell(const float *probabilities) {
  for (int i = 0; i < LS_MODEL_OUTPUT_SIZE; i++) {
    Serial.print(ls_model_label(i));
    Serial.print(' ');
    Serial.print(probabilities[i]);
    Serial.print(' ');
  }
  const int best = ls_listener_best(&listener, probabilities);
  Serial.println(best >= 0 ? ls_model_label(best) : "uncertain");
  show(best >= 0 ? best % 7 + 1 : 0);
}

void loop() {
  float probabilities[LS_MODEL_OUTPUT_SIZE];
  switch (ls_listener_step(&listener, probabilities)) {
    case LS_LISTENER_ANSWER: tell(probabilities); break;
    case LS_LISTENER_NONE: Serial.println("none"); show(0); break;
    case LS_LISTENER_LATE: Serial.println("late: sound was lost"); break;
    case LS_LISTENER_IDLE: break;
  }
}
