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

/** Shows the emotion of the last window of sound, as long as it is on the screen. */
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
        listener?.interrupt() // read between two windows
        super.onPause()
    }

    @SuppressLint("MissingPermission") // asked for above
    private fun listen(recognizer: Recognizer, gate: Gate) {
        require(gate.sampleRate() == recognizer.sampleRate) { "the gate hears ${gate.sampleRate()} Hz" }
        val window = FloatArray(recognizer.windowSize)
        val kept = recognizer.windowSize - recognizer.hopSize
        val microphone = AudioRecord(
            MediaRecorder.AudioSource.VOICE_RECOGNITION, // no automatic gain: loudness is a cue
            recognizer.sampleRate,
            AudioFormat.CHANNEL_IN_MONO,
            AudioFormat.ENCODING_PCM_FLOAT,
            Float.SIZE_BYTES * recognizer.windowSize,
        )
        microphone.startRecording()
        microphone.read(window, 0, kept, AudioRecord.READ_BLOCKING)
        while (!Thread.interrupted()) {
            val heard = microphone.read(window, kept, recognizer.hopSize, AudioRecord.READ_BLOCKING)
            if (heard < recognizer.hopSize) break
            val said = if (gate.speech(window) > 0) answer(recognizer, window) else "none"
            runOnUiThread { text.text = said }
            window.copyInto(window, 0, recognizer.hopSize)
        }
        microphone.release()
    }

    private fun answer(recognizer: Recognizer, window: FloatArray): String {
        val probabilities = recognizer.probabilities(window)
        val ranked = recognizer.labels.zip(probabilities.toList()).sortedByDescending { it.second }
        val sure = ranked.first().second >= recognizer.threshold
        return (if (sure) ranked.first().first else "uncertain") + "\n\n" +
            ranked.joinToString("\n") { (label, p) -> "$label ${(100 * p).toInt()} %" }
    }
}
