// Stretches of a recording, and the records of them that are saved: those of `lightspeech predict`.

/** Join neighbours of one label and one certainty; what they say is weighted by duration. */
export function merged(hops) {
  const groups = [];
  for (const hop of hops) {
    const last = groups.at(-1)?.at(-1);
    if (last?.label === hop.label && last.uncertain === hop.uncertain) groups.at(-1).push(hop);
    else groups.push([hop]);
  }
  return groups.map((group) => (group.length === 1 ? group[0] : joined(group)));
}

function joined(group) {
  const { start, label, uncertain, probabilities } = group[0];
  const { end } = group.at(-1);
  const mean = (value) =>
    group.reduce((sum, hop) => sum + (hop.end - hop.start) * value(hop), 0) / (end - start);
  const names = Object.keys(probabilities);
  return {
    start, end, label, uncertain, speech: mean((hop) => hop.speech),
    probabilities: Object.fromEntries(names.map((name) => [name, mean((hop) => hop.probabilities[name])])),
  };
}

const rounded = (value, digits) => Number(value.toFixed(digits));

const HIGH = ["angry", "fearful", "happy", "surprised"], LOW = ["bored", "calm", "neutral", "sad"];

/** Probability of high activation, where every class is on a side; else nothing. */
function activation(probabilities) {
  const names = Object.keys(probabilities), high = names.filter((name) => HIGH.includes(name));
  if (!names.every((name) => HIGH.includes(name) || LOW.includes(name))) return {};
  return { activation: rounded(high.reduce((sum, name) => sum + probabilities[name], 0), 6) };
}

/** A stretch as `predict --json` tells it. */
export function record({ start, end, label, probabilities, uncertain, speech }, path, model) {
  const shares = Object.entries(probabilities).map(([name, p]) => [name, rounded(p, 6)]);
  return {
    path, start_s: rounded(start, 3), end_s: rounded(end, 3), label,
    probabilities: Object.fromEntries(shares), uncertain, speech: rounded(speech, 3),
    ...activation(probabilities), model,
  };
}

/** Records as `predict --csv` tells them. */
export function table(records) {
  const fields = ["path", "start_s", "end_s", "label", "uncertain", "speech", "model", "error"];
  const names = Object.keys(records[0].probabilities);
  const rows = records.map((one) => [
    ...fields.map((field) => one[field] ?? ""), ...names.map((name) => one.probabilities[name]),
  ]);
  return [[...fields, ...names.map((name) => `p_${name}`)], ...rows].map(line).join("");
}

function line(values) {
  const cells = values.map((value) => {
    const cell = typeof value === "boolean" ? (value ? "True" : "False") : String(value);
    return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  });
  return `${cells.join(",")}\n`;
}

/** Give a text to the person as a file. */
export function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
