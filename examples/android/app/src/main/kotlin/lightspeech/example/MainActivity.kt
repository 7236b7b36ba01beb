package lightspeech.example

import android.Manifest.permission.RECORD_AUDIO
import android.annotation.SuppressLint
import android.app.Activity
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.media.AudioFormat
import android.media.AudioRecord
import android.media.MediaRecorder
import android.os.Bundle
import android.widget.TextView
import kotlin.concurrent.thread

private const val SMOOTHING = 0.5 // weight that the answer a hop before keeps
private const val CHUNK_S = 0.1

/** Shows what is heard in the last window of sound, as long as it is on the screen. */
class MainActivity : Activity() {
    private lateinit var text: TextView
    private var listener: Thread? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        text = TextView(this).apply { textSize = 32f; setPadding(48, 96, 48, 48) }
        setContentView(text)
        if (checkSelfPermission(RECORD_AUDIO) != PERMISSION_GRANTED) {
            requestPermissions(arrayOf(RECORD_AUDIO), 0)
        }
    }

    override fun onResume() {
        super.onResume()
        if (checkSelfPermission(RECORD_AUDIO) == PERMISSION_GRANTED) {
            listener = thread { Recognizer(assets).use { listen(it, openGate(assets)) } }
        } else {
            text.text = "It needs the microphone."
        }
    }

    override fun onPause() {
        listener?.interrupt() // read between two chunks
        super.onPause()
    }

    @SuppressLint("MissingPermission") // asked for above
    private fun listen(recognizer: Recognizer, gate: Gate) {
        require(gate.sampleRate() == recognizer.sampleRate) { "the gate hears ${gate.sampleRate()} Hz" }
        val stream = Live(
            { recognizer.probabilities(it) }, gate, recognizer.sampleRate, recognizer.windowSize,
            recognizer.hopSize, recognizer.thresholds, SMOOTHING,
        )
        val chunk = FloatArray((CHUNK_S * recognizer.sampleRate).toInt())
        val microphone = AudioRecord(
            MediaRecorder.AudioSource.VOICE_RECOGNITION, // no automatic gain: loudness is a cue
            recognizer.sampleRate,
            AudioFormat.CHANNEL_IN_MONO,
            AudioFormat.ENCODING_PCM_FLOAT,
            Float.SIZE_BYTES * recognizer.windowSize,
        )
        microphone.startRecording()
        while (!Thread.interrupted()) {
            val heard = microphone.read(chunk, 0, chunk.size, AudioRecord.READ_BLOCKING)
            if (heard < chunk.size) break
            for (now in stream.feed(chunk)) {
                val said = told(recognizer.labels, now)
                runOnUiThread { text.text = said }
            }
        }
        microphone.release()
    }

    private fun told(labels: List<String>, now: Live.Now): String {
        if (now.label < 0) return "none"
        val ranked = labels.zip(now.probabilities.toList()).sortedByDescending { it.second }
        return (if (now.uncertain) "uncertain" else labels[now.label]) + "\n\n" +
            ranked.joinToString("\n") { (label, p) -> "$label ${(100 * p).toInt()} %" }
    }
}
