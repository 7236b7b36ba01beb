// A model that runs in this page, as WebAssembly.

import { Recognizer, load } from "./models/index.js";

/** Open the module of an address. */
export async function openLocal(address) {
  const model = await load(new URL(address, import.meta.url));
  const { labels, sampleRate, windowSize } = model;
  return {
    labels, sampleRate, windowSize,
    answer: async (samples) => model.answer(samples),
    hops: async (samples) => model.hops(samples),
    async listen(tell) {
      const stream = new Recognizer(model.module); // a recording may be answered meanwhile
      return {
        feed: (samples) => stream.feed(samples).forEach((answer) => tell(answer)),
        end: () => stream.reset(),
      };
    },
  };
}
