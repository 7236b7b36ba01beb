// A model behind the server that gave this page: docs/serving.md.

import { Stream } from "./client.js";
import { wav } from "./wav.js";

/** Open a model that the server named. */
export function openRemote({ name, labels, sample_rate: sampleRate, window_s }, token) {
  const headers = { "Content-Type": "application/octet-stream" };
  if (token) headers.Authorization = `Bearer ${token}`;
  async function ask(samples, query) {
    const address = `./v1/predict?model=${encodeURIComponent(name)}&${query}`;
    const asked = { method: "POST", headers, body: wav(samples, sampleRate) };
    const answer = await fetch(address, asked);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error.message);
    return told;
  }
  return {
    labels, sampleRate, windowSize: Math.round(window_s * sampleRate),
    answer: (samples) => ask(samples, "whole=true"),
    hops: async (samples) => (await ask(samples, "each=true")).segments.map(
      ({ start_s: start, end_s: end, ...answer }) => ({ start, end, ...answer }),
    ),
    async listen(tell, failed) {
      const address = new URL("./v1/stream", import.meta.url);
      address.protocol = address.protocol.replace("http", "ws");
      const asked = { sampleRate, model: name, turns: false, segments: false };
      if (token) asked.token = token;
      let isOver = false; // because it was asked to be
      const told = ({ type, end_s: at, ...answer }) => {
        if (type === "now") tell({ at, ...answer });
        if (type === "end" && !isOver) failed(new Error(`${location.host} ended`));
      };
      const stream = await Stream.open(address, asked, told, failed);
      let sent = 0; // samples
      return {
        feed(samples) {
          stream.feed(samples, sent / sampleRate);
          sent += samples.length;
        },
        end() {
          isOver = true;
          stream.end();
        },
      };
    },
  };
}
