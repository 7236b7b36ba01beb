package lightspeech.example;

import java.util.Arrays;
import java.util.BitSet;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * The voice gate of lightspeech: for what share of a recording somebody speaks. gate.json holds its
 * numbers. In Java, so that a JDK alone can test it; scores are those of lightspeech.
 */
public final class Gate {
    private final int sampleRate, nFft, cell, delay, hold, threshold;
    private final int steps, coarse, range, decay, nothing, largest, leastRun;
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
        leastRun = numbers.getInt("least_run");
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
        Hearing hearing = begin();
        hearing.feed(waveform);
        hearing.flush();
        return hearing.speech(0, waveform.length);
    }

    /** Score of each whole cell of samples from -1 to 1; it is of the cell `delay` before. */
    public int[] scores(float[] waveform) {
        Hearing hearing = begin();
        int[] scores = new int[waveform.length / cell];
        for (int t = 0; t < scores.length; t++) {
            scores[t] = hearing.score(Arrays.copyOfRange(waveform, t * cell, (t + 1) * cell));
        }
        return scores;
    }

    /** Begin to hear a recording that comes block by block. */
    public Hearing begin() {
        return new Hearing();
    }

    /** One recording; it keeps a bit for every cell. */
    public final class Hearing {
        private final float[] rest = new float[cell]; // of a cell that is not whole yet
        private final int[][][] heard = new int[layers.length][][]; // by each layer, oldest first
        private final BitSet sounding = new BitSet(); // cells that sound like speech
        private int filled, cells, peak = nothing;

        private Hearing() {
            for (int n = 0; n < layers.length; n++) heard[n] = layers[n].silence(n == 0 ? -range : 0);
        }

        /** Hear samples from -1 to 1, any number. */
        public void feed(float[] block) {
            for (float sample : block) {
                rest[filled++] = sample;
                if (filled == cell) hear();
            }
        }

        /** The recording ends. */
        public void flush() {
            for (int n = filled == 0 ? 0 : -1; n < delay + hold; n++) {
                Arrays.fill(rest, filled, cell, 0);
                hear();
            }
        }

        /** Whether enough was fed to know all before a sample of the recording. */
        public boolean reaches(double sample) {
            return (double) (cells - delay - hold) * cell >= sample;
        }

        /** Samples that it is behind: what is newer is not asked about. */
        public int lag() {
            return (delay + hold + 1) * cell;
        }

        /** Share of a stretch, from sample to sample, in which somebody speaks: 0 to 1. */
        public double speech(double begin, double end) {
            double sounds = 0, held = 0;
            int marked = 0, begins = 0, first = (int) (begin / cell);
            for (int k = first; k * (double) cell < end; k++) {
                double inside = Math.min((k + 1.0) * cell, end) - Math.max(k * (double) cell, begin);
                if (sounding.get(k)) {
                    sounds += inside;
                    marked++;
                    if (k > first && !sounding.get(k - 1)) begins++;
                }
                int near = sounding.nextSetBit(Math.max(k - hold, 0));
                if (near >= 0 && near <= k + hold) held += inside;
            }
            double least = Math.min(leastSeconds * sampleRate, (end - begin) / 2);
            double spoken = marked < leastRun * begins ? sounds : held; // of what flickers none is held
            return sounds < least ? 0 : Math.min(spoken / (end - begin), 1);
        }

        private void hear() {
            if (score(rest) >= threshold && cells >= delay) sounding.set(cells - delay);
            cells++;
            filled = 0;
        }

        private int score(float[] samples) {
            int[] row = levels(samples);
            peak = Math.max(nothing, peak - decay);
            for (int level : row) peak = Math.max(peak, level);
            for (int n = 0; n < row.length; n++) {
                row[n] = Math.max(Math.floorDiv(row[n] - peak, coarse), -range);
            }
            for (int n = 0; n < layers.length; n++) {
                System.arraycopy(heard[n], 1, heard[n], 0, heard[n].length - 1);
                heard[n][heard[n].length - 1] = row;
                row = layers[n].sums(heard[n]);
                if (n < layers.length - 1) limit(row);
            }
            return row[0];
        }
    }

    private void limit(int[] row) {
        for (int n = 0; n < row.length; n++) row[n] = Math.min(Math.max(row[n], 0), largest);
    }

    /** Whole steps of the logarithm of each band's energy in the frame that a cell begins with. */
    private int[] levels(float[] waveform) {
        double[] power = power(waveform);
        int[] levels = new int[bands.length];
        for (int n = 0; n < bands.length; n++) {
            levels[n] = (int) Math.floor(steps * Math.log(bands[n].energy(power) + floor));
        }
        return levels;
    }

    /** Power of each bin up to half the sample rate, under a periodic Hann window. */
    private double[] power(float[] waveform) {
        double[] re = new double[nFft], im = new double[nFft];
        for (int i = 0, reversed = 0; i < nFft; i++) {
            float window = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * i / nFft));
            re[reversed] = (double) waveform[i] * window;
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

        /** What it heard before the first row: as many rows as it hears, oldest first. */
        int[][] silence(int before) {
            int[][] rows = new int[(weights.length - 1) * dilation + 1][weights[0].length];
            for (int[] row : rows) Arrays.fill(row, before);
            return rows;
        }

        /** Sums of the rows that it hears, the newest one last. */
        int[] sums(int[][] rows) {
            int[] sums = bias.clone();
            for (int tap = 0; tap < weights.length; tap++) {
                int[] row = rows[tap * dilation];
                for (int i = 0; i < row.length; i++) {
                    for (int o = 0; o < sums.length; o++) sums[o] += weights[tap][i][o] * row[i];
                }
            }
            for (int o = 0; o < sums.length; o++) sums[o] = (sums[o] + (1 << (shift[o] - 1))) >> shift[o];
            return sums;
        }
    }
}
