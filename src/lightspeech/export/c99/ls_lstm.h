/* A recurrent layer in integers, bit for bit that of TFLite Micro. */
#ifndef LS_LSTM_H
#define LS_LSTM_H

#include "ls_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gates: input, forget, cell, output. Weights: [4][units][inputs] of the input and
 * [4][units][units] of the hidden state; the biases hold what the zero points add. */
typedef struct {
    int32_t frames, inputs, units;
    int32_t hidden_zero, tanh_shift; /* of a cell state to 12 bits behind the point, to the left */
    const int8_t *input_weights, *hidden_weights;
    const int32_t *input_bias, *hidden_bias;
    ls_scale input_scale[4], hidden_scale[4];
    ls_scale kept, entered, out;
} ls_recurrence;

/* state: 3 * units bytes. */
void ls_lstm_reset(const ls_recurrence *layer, int8_t *state);
/* Goes on from the state, and leaves that after the last frame. */
void ls_lstm(const ls_recurrence *layer, const int8_t *in, int8_t *out, int8_t *state);

#ifdef __cplusplus
}
#endif

#endif
