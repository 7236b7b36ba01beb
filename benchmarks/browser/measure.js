// Times one way to answer in a fresh page, or all in turns, and hands the figures to the server.

const asked = new URLSearchParams(location.search);
const ROUNDS = 300, WARM = 100;
const SETTLED_MS = 3000; // after which a browser has started

const ways = {
  wasm: async () => {
    const { load } = await import("./wasm/index.js");
    const model = await load();
    return { model, window: (samples) => model.probabilities(samples) };
  },
  onnxruntime: () => byRuntime("bundle"),
  exported: () => byRuntime("exported"),
};

async function byRuntime(bundle) {
  const { Recognizer } = await import("./recognizer.js");
  const model = await Recognizer.open(bundle);
  const { Gate } = await import("./gate.js");
  const gate = await Gate.open("gate.json");
  return {
    model,
    window: (samples) => model.probabilities(samples),
    speech: (samples) => gate.speech(samples, model.sampleRate),
  };
}

/** A window of noise whose level goes up and down. */
function noise(size) {
  let state = 1;
  return Float32Array.from({ length: size }, (_, i) => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647 - 0.5) * Math.sin(i / 3000) ** 2;
  });
}

async function time(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** From nothing to the first answer, in ms. */
async function start(name) {
  return time(async () => {
    const { window, model } = await ways[name]();
    await window(new Float32Array(model.windowSize));
  });
}

/** Least and median ms of a window, of each way, a window of each in turn: probabilities alone, and
 * with the voice gate too; of a hop of a stream, which has both. */
async function windows() {
  const [own, other, exported] = [await ways.wasm(), await ways.onnxruntime(), await ways.exported()];
  const { Recognizer } = await import("./wasm/index.js");
  const [gated, stream] = [new Recognizer(own.model.module), new Recognizer(own.model.module)];
  const samples = noise(own.model.windowSize), hop = samples.subarray(0, own.model.hopSize);
  const works = {
    wasm: () => own.window(samples),
    onnxruntime: () => other.window(samples),
    exported: () => exported.window(samples),
    wasm_gated: () => {
      gated.reset();
      return gated.feed(samples);
    },
    onnxruntime_gated: async () => {
      other.speech(samples);
      return other.window(samples);
    },
    wasm_hop: () => stream.feed(hop),
  };
  const taken = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round < WARM + ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) {
      const ms = await time(work);
      if (round >= WARM) taken[name].push(ms);
    }
  }
  const told = (all) => {
    all.sort((a, b) => a - b);
    return { least: all[0], median: all[ROUNDS >> 1] };
  };
  const [one, two] = [await own.window(samples), await other.window(samples)];
  return {
    ...Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, told(all)])),
    difference: Math.max(...one.map((p, i) => Math.abs(p - two[i]))),
  };
}

async function measured() {
  await new Promise((done) => setTimeout(done, SETTLED_MS));
  for (let n = 0; n < 3; n++) await (await fetch("measure.html")).text(); // the connection is awake
  try {
    return asked.has("start") ? await start(asked.get("start")) : await windows();
  } catch (error) {
    return { error: String(error) };
  }
}

await fetch("done", { method: "POST", body: JSON.stringify(await measured()) });
