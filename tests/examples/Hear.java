package lightspeech.example;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.json.JSONObject;

/** Prints what the gate says of files of samples: share of speech, then the score of each cell. */
final class Hear {
    public static void main(String[] paths) throws Exception {
        Gate gate = new Gate(new JSONObject(Files.readString(Path.of(paths[0]))));
        for (int n = 1; n < paths.length; n++) {
            byte[] bytes = Files.readAllBytes(Path.of(paths[n]));
            FloatBuffer samples = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
            float[] waveform = new float[samples.remaining()];
            samples.get(waveform);
            String scores = Arrays.stream(gate.scores(waveform))
                .mapToObj(Integer::toString).collect(Collectors.joining(" "));
            System.out.println(gate.sampleRate() + " " + gate.speech(waveform) + " " + scores);
        }
    }
}
