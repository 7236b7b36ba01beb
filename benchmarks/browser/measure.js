// Times one way to answer in a fresh page, or both in turns, and hands the figures to the server.

const asked = new URLSearchParams(location.search);
const ROUNDS = 300, WARM = 100;
const SETTLED_MS = 3000; // after which a browser has started

const ways = {
  wasm: async () => {
    const { load } = await import("./wasm/index.js");
    const model = await load();
    const stream = await load(model.module);
    return { size: model.windowSize, window: (samples) => model.probabilities(samples), stream };
  },
  onnxruntime: async () => {
    const { Recognizer } = await import("./recognizer.js");
    const model = await Recognizer.open("bundle");
    const { Gate } = await import("./gate.js");
    const gate = await Gate.open("gate.json");
    const speech = (samples) => gate.speech(samples, model.sampleRate);
    return { size: model.windowSize, window: (samples) => model.probabilities(samples), speech };
  },
};

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
    const { window, size } = await ways[name]();
    await window(new Float32Array(size));
  });
}

/** Least and median ms of a window, of each way, a window of each in turn; of a hop of a stream too. */
async function windows() {
  const [own, other] = [await ways.wasm(), await ways.onnxruntime()];
  const samples = noise(own.size), hop = samples.subarray(0, own.stream.hopSize);
  const works = {
    wasm: () => own.window(samples),
    onnxruntime: () => other.window(samples),
    gate: () => other.speech(samples),
    wasm_hop: () => own.stream.feed(hop),
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
