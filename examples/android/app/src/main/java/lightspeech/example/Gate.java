package lightspeech.example;

import java.util.Arrays;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * The voice gate of lightspeech: for what share of a recording somebody speaks. gate.json holds its
 * numbers. In Java, so that a JDK alone can test it; scores are those of lightspeech.
 */
public final class Gate {
    private final int sampleRate, nFft, cell, delay, hold, threshold;
    private final int steps, coarse, range, decay, nothing, largest;
    private final double floor, leastSeconds;
    private final Band[] bands;
    private final Layer[] layers;

    /** Take the numbers of gate.json. */
    public Gate(JSONObject numbers) throws JSONException {
        sampleRate = numbers.getInt("sample_rate");
        nFft = numbers.getInt("n_fft");
        cell = numbers.getInt("cell");
        delay = numbers.getInt("delay");
        hold = numbers.getInt("hold");
        threshold = numbers.getInt("threshold");
        steps = numbers.getInt("steps");
        coarse = numbers.getInt("coarse");
        range = numbers.getInt("range");
        decay = numbers.getInt("decay");
        nothing = numbers.getInt("nothing");
        largest = numbers.getInt("largest");
        floor = numbers.getDouble("floor");
        leastSeconds = numbers.getDouble("least_s");
        JSONArray allBands = numbers.getJSONArray("bands");
        bands = new Band[allBands.length()];
        for (int n = 0; n < bands.length; n++) bands[n] = new Band(allBands.getJSONObject(n));
        JSONArray allLayers = numbers.getJSONArray("layers");
        layers = new Layer[allLayers.length()];
        for (int n = 0; n < layers.length; n++) layers[n] = new Layer(allLayers.getJSONObject(n));
    }

    /** Hz, of what it hears. */
    public int sampleRate() {
        return sampleRate;
    }

    /** Share of a recording in which somebody speaks: 0, where nobody does, to 1. */
    public double speech(float[] waveform) {
        int cells = (waveform.length + cell - 1) / cell;
        int[] scores = scores(Arrays.copyOf(waveform, (cells + delay + hold) * cell));
        double sounding = 0, held = 0;
        for (int k = 0; k < cells; k++) {
            int inside = Math.min(cell, waveform.length - k * cell);
            if (scores[k + delay] >= threshold) sounding += inside;
            for (int near = Math.max(k - hold, 0); near <= k + hold; near++) {
                if (scores[near + delay] >= threshold) {
                    held += inside;
                    break;
                }
            }
        }
        double least = Math.min(leastSeconds * sampleRate, waveform.length / 2.0);
        return sounding < least ? 0 : held / waveform.length;
    }

    /** Score of each whole cell of samples from -1 to 1; it is of the cell `delay` before. */
    public int[] scores(float[] waveform) {
        int[][] rows = new int[waveform.length / cell][];
        int peak = nothing;
        for (int t = 0; t < rows.length; t++) {
            rows[t] = levels(waveform, t * cell);
            peak = Math.max(nothing, peak - decay);
            for (int level : rows[t]) peak = Math.max(peak, level);
            for (int n = 0; n < rows[t].length; n++) {
                rows[t][n] = Math.max(Math.floorDiv(rows[t][n] - peak, coarse), -range);
            }
        }
        for (int n = 0; n < layers.length; n++) {
            rows = layers[n].sums(rows, n == 0 ? -range : 0);
            if (n < layers.length - 1) limit(rows);
        }
        int[] scores = new int[rows.length];
        for (int t = 0; t < rows.length; t++) scores[t] = rows[t][0];
        return scores;
    }

    private void limit(int[][] rows) {
        for (int[] row : rows) {
            for (int n = 0; n < row.length; n++) row[n] = Math.min(Math.max(row[n], 0), largest);
        }
    }

    /** Whole steps of the logarithm of each band's energy in the frame that begins at a sample. */
    private int[] levels(float[] waveform, int begin) {
        double[] power = power(waveform, begin);
        int[] levels = new int[bands.length];
        for (int n = 0; n < bands.length; n++) {
            levels[n] = (int) Math.floor(steps * Math.log(bands[n].energy(power) + floor));
        }
        return levels;
    }

    /** Power of each bin up to half the sample rate, under a periodic Hann window. */
    private double[] power(float[] waveform, int begin) {
        double[] re = new double[nFft], im = new double[nFft];
        for (int i = 0, reversed = 0; i < nFft; i++) {
            float window = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * i / nFft));
            re[reversed] = (double) waveform[begin + i] * window;
            int bit = nFft >> 1;
            for (; (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
            reversed |= bit;
        }
        for (int half = 1; half < nFft; half *= 2) {
            for (int k = 0; k < half; k++) {
                double c = Math.cos(Math.PI * k / half), s = -Math.sin(Math.PI * k / half);
                for (int a = k; a < nFft; a += 2 * half) {
                    int b = a + half;
                    double x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
                    re[b] = re[a] - x;
                    im[b] = im[a] - y;
                    re[a] += x;
                    im[a] += y;
                }
            }
        }
        double[] power = new double[nFft / 2 + 1];
        for (int i = 0; i < power.length; i++) power[i] = re[i] * re[i] + im[i] * im[i];
        return power;
    }

    /** Neighbouring bins of a spectrum. */
    private static final class Band {
        final int first;
        final double[] weights;

        Band(JSONObject band) throws JSONException {
            JSONArray all = band.getJSONArray("weights");
            first = band.getInt("first");
            weights = new double[all.length()];
            for (int i = 0; i < weights.length; i++) weights[i] = all.getDouble(i);
        }

        double energy(double[] power) {
            double sum = 0;
            for (int i = 0; i < weights.length; i++) sum += weights[i] * power[first + i];
            return sum;
        }
    }

    /** A causal convolution of whole numbers: taps, the oldest first, by inputs by outputs. */
    private static final class Layer {
        final int[][][] weights;
        final int[] bias, shift;
        final int dilation;

        Layer(JSONObject layer) throws JSONException {
            JSONArray taps = layer.getJSONArray("weights");
            weights = new int[taps.length()][][];
            for (int tap = 0; tap < weights.length; tap++) {
                JSONArray inputs = taps.getJSONArray(tap);
                weights[tap] = new int[inputs.length()][];
                for (int i = 0; i < inputs.length(); i++) weights[tap][i] = ints(inputs.getJSONArray(i));
            }
            bias = ints(layer.getJSONArray("bias"));
            shift = ints(layer.getJSONArray("shift"));
            dilation = layer.getInt("dilation");
        }

        private static int[] ints(JSONArray all) throws JSONException {
            int[] values = new int[all.length()];
            for (int i = 0; i < values.length; i++) values[i] = all.getInt(i);
            return values;
        }

        /** Sums of each row and those before it; what was before the first row is `before`. */
        int[][] sums(int[][] rows, int before) {
            int[][] sums = new int[rows.length][];
            for (int now = 0; now < rows.length; now++) {
                sums[now] = bias.clone();
                for (int tap = 0; tap < weights.length; tap++) {
                    int at = now - (weights.length - 1 - tap) * dilation;
                    for (int i = 0; i < weights[tap].length; i++) {
                        int value = at < 0 ? before : rows[at][i];
                        for (int o = 0; o < bias.length; o++) sums[now][o] += weights[tap][i][o] * value;
                    }
                }
                for (int o = 0; o < bias.length; o++) {
                    sums[now][o] = (sums[now][o] + (1 << (shift[o] - 1))) >> shift[o];
                }
            }
            return sums;
        }
    }
}
