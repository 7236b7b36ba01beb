#include "ls_lstm.h"

#include <stddef.h>

#include "ls_integers.h"

/* Sigmoid by 1/24, 16 bits behind the point; between places it is interpolated. */
static const uint16_t sigmoid_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

static int32_t int16(int32_t value) { return min_of(max_of(value, INT16_MIN), INT16_MAX); }

static int32_t interpolated(uint32_t at, int bits, uint32_t beyond) {
    const uint32_t place = at >> bits, within = at & ((UINT32_C(1) << bits) - 1);
    if (place >= 255) {
        return (int32_t)(beyond << bits);
    }
    const uint32_t low = sigmoid_table[place], high = sigmoid_table[place + 1];
    return (int32_t)((low << bits) + within * (high - low));
}

/* Of a number with 12 bits behind the point; the result has 15. */
static int32_t sigmoid(int32_t x) {
    const int32_t value = interpolated((uint32_t)(3 * (x < 0 ? -x : x)), 9, 65534);
    return x >= 0 ? (value + 512) >> 10 : ((INT32_C(1) << 25) - value + 511) >> 10;
}

/* Of a number that is shifted so far to the left for 12 bits behind the point. */
static int32_t hyperbolic_tangent(int32_t x, int32_t shift) {
    const int32_t left = max_of(shift, 0), right = left - shift;
    const int32_t half = right > 0 ? INT32_C(1) << (right - 1) : 0;
    const int32_t at = (3 * x * (INT32_C(1) << left) + half) >> right;
    const int32_t value = interpolated((uint32_t)(at < 0 ? -at : at), 8, 65535);
    const int32_t middle = value - (INT32_C(1) << 23);
    return at >= 0 ? (middle + 128) >> 8 : (127 - middle) >> 8;
}

/* One vector times a row of each gate: what is loaded of it serves four times. */
static void gates(
    const int8_t *vector, const int8_t *rows, int32_t n, int32_t gap, int32_t sum[4]) {
    int32_t i = 0, a = 0, b = 0, c = 0, d = 0;
    const int8_t *v = rows, *w = v + gap, *x = w + gap, *y = x + gap;
#ifdef LS_SMLAD
    for (; i + 4 <= n; i += 4) {
        const uint32_t f = four(vector + i), e = even(f), o = odd(f);
        const uint32_t fv = four(v + i), fw = four(w + i), fx = four(x + i), fy = four(y + i);
        a = smlad(o, odd(fv), smlad(e, even(fv), a));
        b = smlad(o, odd(fw), smlad(e, even(fw), b));
        c = smlad(o, odd(fx), smlad(e, even(fx), c));
        d = smlad(o, odd(fy), smlad(e, even(fy), d));
    }
#endif
    for (; i < n; ++i) {
        a += vector[i] * v[i];
        b += vector[i] * w[i];
        c += vector[i] * x[i];
        d += vector[i] * y[i];
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
}

/* What goes into the four gates of one unit, 12 bits behind the point. */
static void sums(
    const ls_recurrence *layer, const int8_t *in, const int8_t *hidden, int32_t unit,
    int32_t sum[4]) {
    const int32_t inputs = layer->inputs, units = layer->units;
    int32_t recurrent[4];
    gates(in, layer->input_weights + unit * inputs, inputs, units * inputs, sum);
    gates(hidden, layer->hidden_weights + unit * units, units, units * units, recurrent);
    for (int32_t g = 0; g < 4; ++g) {
        const int32_t at = g * units + unit;
        const int32_t given = int16(scaled(sum[g] + layer->input_bias[at], layer->input_scale[g]));
        const int32_t again =
            int16(scaled(recurrent[g] + layer->hidden_bias[at], layer->hidden_scale[g]));
        sum[g] = int16(given + again);
    }
}

static int8_t step(
    const ls_recurrence *layer, const int8_t *in, const int8_t *hidden, int32_t unit,
    int16_t *cell) {
    int32_t sum[4];
    sums(layer, in, hidden, unit, sum);
    const int32_t kept = int16(scaled(sigmoid(sum[1]) * *cell, layer->kept));
    const int32_t candidate = hyperbolic_tangent(sum[2], 0);
    const int32_t entered = int16(scaled(sigmoid(sum[0]) * candidate, layer->entered));
    *cell = (int16_t)int16(kept + entered);
    const int32_t shown = sigmoid(sum[3]) * hyperbolic_tangent(*cell, layer->tanh_shift);
    const int32_t value = scaled(shown, layer->out) + layer->hidden_zero;
    return (int8_t)min_of(max_of(value, INT8_MIN), INT8_MAX);
}

void ls_lstm_reset(const ls_recurrence *layer, int8_t *state) {
    const size_t units = (size_t)layer->units;
    memset(state, 0, 2 * units);
    memset(state + 2 * units, layer->hidden_zero, units);
}

void ls_lstm(const ls_recurrence *layer, const int8_t *in, int8_t *out, int8_t *state) {
    const int32_t units = layer->units;
    int8_t *hidden = state + 2 * units;
    for (int32_t frame = 0; frame < layer->frames; ++frame) {
        for (int32_t unit = 0; unit < units; ++unit) {
            int16_t cell;
            memcpy(&cell, state + 2 * unit, sizeof cell);
            out[unit] = step(layer, in, hidden, unit, &cell);
            memcpy(state + 2 * unit, &cell, sizeof cell);
        }
        memcpy(hidden, out, (size_t)units);
        in += layer->inputs;
        out += units;
    }
}
