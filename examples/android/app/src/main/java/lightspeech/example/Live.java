package lightspeech.example;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One recording that is still going on: what a stream of lightspeech says of its last window, a hop
 * after the other. Neither what it says nor when depends on how the sound was cut into chunks.
 */
public final class Live {
    private static final double STEP_S = 0.1; // sound is taken in steps, so that chunks may differ
    private static final double LEAST_KNOWN_S = 0.6; // of a window before it is spoken of, or all
    private static final double LEAST_SHARE = 0.4; // of speech, below which an answer is uncertain

    /** A network: a window of samples to a probability a label. */
    public interface Model {
        float[] probabilities(float[] window);
    }

    /** What is said now. Where nobody speaks the label is -1 and the probabilities mean nothing. */
    public static final class Now {
        /** Seconds of the recording: heard by then, and from where to where the window is. */
        public final double at, start, end;
        /** Share of what is known of the window in which somebody speaks. */
        public final double speech;
        public final float[] probabilities;
        public final int label;
        /** Somebody speaks, but too little, or the likeliest label is below its threshold. */
        public final boolean uncertain;

        Now(double at, double start, double end, double speech, float[] probabilities, double[] thresholds) {
            this.at = at;
            this.start = start;
            this.end = end;
            this.speech = speech;
            this.probabilities = probabilities;
            int best = 0;
            for (int n = 1; n < probabilities.length; n++) {
                if (probabilities[n] > probabilities[best]) best = n;
            }
            label = speech == 0 ? -1 : best;
            uncertain = speech > 0 && (probabilities[best] < thresholds[best] || speech < LEAST_SHARE);
        }
    }

    private final class Window {
        final long start;
        final float[] sound;
        final double known; // up to where the gate must know it

        Window(long start, float[] sound) {
            this.start = start;
            this.sound = sound;
            double end = start + windowSize;
            known = Math.max(end - gate.lag(), Math.min(start + LEAST_KNOWN_S * rate, end));
        }
    }

    private final Model model;
    private final Gate.Hearing gate;
    private final int rate, windowSize, hopSize;
    private final double[] thresholds;
    private final float smoothing;
    private final float[] step, kept; // kept: the sound from the next window on, and what it needs
    private int filled, held;
    private long samples, next; // heard, and where the next window begins
    private final ArrayDeque<Window> due = new ArrayDeque<>(); // that the gate does not know yet
    private float[] row; // smoothed, of what was said last; none after silence

    /** Begin a recording; smoothing is the weight that the answer a hop before keeps, 0 to below 1. */
    public Live(Model model, Gate gate, int rate, int windowSize, int hopSize,
            double[] thresholds, double smoothing) {
        this.model = model;
        this.gate = gate.begin();
        this.rate = rate;
        this.windowSize = windowSize;
        this.hopSize = hopSize;
        this.thresholds = thresholds;
        this.smoothing = (float) smoothing;
        step = new float[(int) Math.round(STEP_S * rate)];
        kept = new float[windowSize + step.length];
    }

    /** Take what was recorded since, any number of samples from -1 to 1; gives what can be said. */
    public List<Now> feed(float[] chunk) {
        List<Now> said = new ArrayList<>();
        for (float sample : chunk) {
            step[filled++] = sample;
            if (filled == step.length) take(said);
        }
        return said;
    }

    private void take(List<Now> said) {
        filled = 0;
        gate.feed(step);
        for (float sample : step) {
            if (samples++ >= next) kept[held++] = sample;
        }
        while (samples > next + windowSize) complete(); // once a sample follows it
        while (!due.isEmpty() && gate.reaches(due.peek().known)) said.add(now(due.remove()));
    }

    private void complete() {
        due.add(new Window(next, Arrays.copyOf(kept, windowSize)));
        next += hopSize;
        int gone = Math.min(hopSize, held);
        System.arraycopy(kept, gone, kept, 0, held -= gone);
    }

    private Now now(Window window) {
        double speech = gate.speech(window.start, window.known);
        row = speech == 0 ? null : smoothed(model.probabilities(window.sound)); // silence asks no network
        float[] told = row == null ? new float[thresholds.length] : row;
        return new Now(seconds(samples), seconds(window.start), seconds(window.start + windowSize),
            speech, told, thresholds);
    }

    private double seconds(long place) {
        return (double) place / rate;
    }

    private float[] smoothed(float[] now) {
        if (row == null) return now;
        float[] mixed = new float[now.length];
        for (int n = 0; n < mixed.length; n++) mixed[n] = smoothing * row[n] + (1 - smoothing) * now[n];
        return mixed;
    }
}
