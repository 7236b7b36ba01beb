// Probabilities over time: a column an answer, one colour a label, as high as it is likely.

const UNSURE = 0.4; // opacity

/**
 * Draw answers between two times.
 * @param {HTMLCanvasElement} canvas as wide as the page lets it be
 * @param {{start: number, end: number, label: string, uncertain: boolean, probabilities: object}[]} answers
 *   in their order; where two overlap the later one is drawn over the rest
 * @param {number} from seconds, at the left edge
 * @param {number} to seconds, at the right edge
 */
export function drawChart(canvas, answers, from, to) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
  const x = (seconds) => ((seconds - from) / (to - from)) * canvas.width;
  pen.fillStyle = style.getPropertyValue("--line");
  pen.fillRect(0, canvas.height - ratio, canvas.width, ratio);
  let drawn = from; // seconds
  for (const { start, end, label, uncertain, probabilities } of answers) {
    const begin = Math.max(start, drawn);
    drawn = Math.max(drawn, end);
    if (end <= from || label === "none") continue;
    pen.globalAlpha = uncertain ? UNSURE : 1;
    let bottom = canvas.height - ratio;
    Object.values(probabilities).forEach((share, n) => {
      const height = share * (canvas.height - ratio);
      pen.fillStyle = style.getPropertyValue(`--class-${n % 8}`);
      pen.fillRect(x(begin), bottom - height, Math.max(x(end) - x(begin) - ratio, ratio), height);
      bottom -= height;
    });
  }
  pen.globalAlpha = 1;
}

/** Times to write under an axis: round ones, a handful of them. */
export function ticks(from, to) {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find((s) => (to - from) / s <= 8) ?? 3600;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}
