package lightspeech.example;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.json.JSONObject;

/** Prints what a stream says of a file of samples, cut into chunks; its network hears loudness. */
final class HearLive {
    public static void main(String[] given) throws Exception {
        Gate gate = new Gate(new JSONObject(Files.readString(Path.of(given[0]))));
        byte[] bytes = Files.readAllBytes(Path.of(given[1]));
        FloatBuffer samples = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] waveform = new float[samples.remaining()];
        samples.get(waveform);
        int chunk = Integer.parseInt(given[2]);
        Live live = new Live(HearLive::loudness, gate, 16_000, 48_000, 8_000, new double[] {0.6, 0.6}, 0.5);
        for (int at = 0; at < waveform.length; at += chunk) {
            int end = Math.min(at + chunk, waveform.length);
            for (Live.Now now : live.feed(Arrays.copyOfRange(waveform, at, end))) {
                System.out.printf(Locale.ROOT, "%.6f %.6f %.6f %d %b %.6f %.6f%n", now.at, now.start,
                    now.end, now.label, now.uncertain, now.speech, now.probabilities[0]);
            }
        }
    }

    private static float[] loudness(float[] window) {
        double sum = 0;
        for (float sample : window) sum += Math.abs(sample);
        float loud = (float) Math.min(4 * sum / window.length, 1);
        return new float[] {loud, 1 - loud};
    }
}
