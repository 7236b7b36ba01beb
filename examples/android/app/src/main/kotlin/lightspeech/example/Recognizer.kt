package lightspeech.example

import android.content.res.AssetManager
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import kotlin.math.roundToInt
import org.json.JSONObject
import org.tensorflow.lite.Interpreter

private val FORMAT = 3 // version of the bundle's folder that this reads

/** A bundle among the assets: one window of sound in, probabilities out. Not for two threads. */
class Recognizer(assets: AssetManager) : AutoCloseable {
    private val about = json(assets, "bundle.json")
    private val windows = about.getJSONObject("windows")

    /** In the order of the probabilities. */
    val labels = about.getJSONArray("labels").let { all -> List(all.length()) { all.getString(it) } }

    /** Hz. */
    val sampleRate = about.getInt("sample_rate")

    /** Samples that the model hears at once, and from one window to the next. */
    val windowSize = samples("window_s")
    val hopSize = if (windows.isNull("hop_s")) windowSize else samples("hop_s")

    /** One for each label; an answer less likely than that is uncertain. */
    val thresholds = about.getJSONArray("thresholds").let { all -> DoubleArray(all.length()) { all.getDouble(it) } }

    private val interpreter = Interpreter(
        mapped(assets, about.getString("model_file")),
        Interpreter.Options().setNumThreads(1), // small models gain nothing from more
    )

    init {
        val format = about.getInt("format")
        require(format == FORMAT) { "bundle format $format, this app reads $FORMAT; export it again" }
        val shapes = listOf(interpreter.getInputTensor(0), interpreter.getOutputTensor(0))
            .map { it.shape().toList() }
        require(shapes == listOf(listOf(1, windowSize), listOf(1, labels.size))) {
            "the model maps $shapes; export it with --format litert"
        }
    }

    /** Answer one window: samples from -1 to 1, [windowSize] of them. */
    fun probabilities(window: FloatArray): FloatArray {
        val answer = arrayOf(FloatArray(labels.size))
        interpreter.run(arrayOf(window), answer)
        return answer[0]
    }

    override fun close() = interpreter.close()

    private fun samples(key: String) = (windows.getDouble(key) * sampleRate).roundToInt()
}

/** Open the voice gate, whose numbers are among the assets too. */
fun openGate(assets: AssetManager) = Gate(json(assets, "gate.json"))

private fun json(assets: AssetManager, name: String) =
    JSONObject(assets.open(name).bufferedReader().use { it.readText() })

private fun mapped(assets: AssetManager, name: String): ByteBuffer =
    assets.openFd(name).use { file ->
        file.createInputStream().channel.use {
            it.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
        }
    }
