// Live sound to `lightspeech serve`, from a page or from Node: docs/serving.md in JavaScript.

/** A stream that is open; ask for one with `open`. */
export class Stream {
  #socket;

  constructor(socket, ready) {
    this.#socket = socket;
    /** What the server said: its model, labels, and how long a window is. */
    this.ready = ready;
  }

  /**
   * Open a stream.
   * @param {string} url as `ws://127.0.0.1:8000/v1/stream`
   * @param {{sampleRate: number, token?: string, smoothing?: number, turns?: boolean,
   *   segments?: boolean, model?: string}} asked
   * @param {(message: object) => void} told takes `now`, `turn`, `segment`, `dropped` and `end`
   * @param {(error: Error) => void} failed takes why the stream ended, where it was not asked to
   * @returns {Promise<Stream>}
   */
  static open(url, { sampleRate, ...asked }, told, failed) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      let stream = null;
      let isOver = false;
      const fail = (error) => {
        if (isOver) return;
        isOver = true;
        (stream ? failed : reject)(error);
      };
      socket.onopen = () => {
        const hello = { type: "hello", sample_rate: sampleRate, encoding: "f32", ...asked };
        socket.send(JSON.stringify(hello));
      };
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "ready") resolve((stream = new Stream(socket, message)));
        else if (message.type === "error") fail(new Error(`${message.code}: ${message.message}`));
        else {
          isOver ||= message.type === "end";
          told(message);
        }
      };
      socket.onclose = ({ code }) => fail(new Error(`the stream was closed (${code})`));
    });
  }

  /**
   * Send what was recorded.
   * @param {Float32Array} samples mono, -1 to 1
   * @param {number} recordedAt seconds of a clock that only rises, of the first sample, as
   *   `currentTime` of an AudioWorklet
   */
  feed(samples, recordedAt) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const chunk = new ArrayBuffer(8 + 4 * samples.length);
    const view = new DataView(chunk);
    view.setFloat64(0, recordedAt, true);
    samples.forEach((sample, n) => view.setFloat32(8 + 4 * n, sample, true));
    this.#socket.send(chunk);
  }

  /** Say that no more comes; the rest is told, then `end`. */
  end() {
    this.#socket.send(JSON.stringify({ type: "end" }));
  }
}
