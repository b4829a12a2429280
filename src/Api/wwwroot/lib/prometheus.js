// @ts-check
/**
 * A number of a metric: `modelservice_queue_length{model="pets"} 3`.
 * @typedef {{ name: string, labels: Record<string, string>, value: number }} Sample
 */

/**
 * A histogram's counts: how many values are at most `bounds[i]`. The last bound is Infinity.
 * @typedef {{ bounds: number[], counts: number[], sum: number }} Histogram
 */

/**
 * Reads Prometheus's text format.
 * @param {string} text
 * @param {(name: string) => boolean} isWanted by the name of a line; a server has thousands of lines
 * @returns {Sample[]}
 */
export function parseMetrics(text, isWanted) {
  const samples = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const open = line.indexOf("{");
    const name = line.slice(0, open < 0 ? line.indexOf(" ") : open);
    if (!isWanted(name)) continue;
    const end = line.lastIndexOf("}");
    const rest = line.slice(open < 0 ? name.length : end + 1).trim();
    const labels = open < 0 ? {} : parseLabels(line.slice(open + 1, end));
    samples.push({ name, labels, value: parse(rest.split(" ")[0]) });
  }
  return samples;
}

/**
 * The sum of a metric's samples that match.
 * @param {Sample[]} samples
 * @param {string} name
 * @param {(labels: Record<string, string>) => boolean} [matches]
 */
export function total(samples, name, matches = () => true) {
  let sum = 0;
  for (const sample of samples) if (sample.name === name && matches(sample.labels)) sum += sample.value;
  return sum;
}

/**
 * The sum of the histograms that match.
 * @param {Sample[]} samples
 * @param {string} name
 * @param {(labels: Record<string, string>) => boolean} [matches]
 * @returns {Histogram}
 */
export function histogram(samples, name, matches = () => true) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const { name: own, labels, value } of samples) {
    if (own !== `${name}_bucket` || !matches(labels)) continue;
    const bound = parse(labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  const bounds = [...counts.keys()].sort((a, b) => a - b);
  return { bounds, counts: bounds.map((bound) => counts.get(bound) ?? 0), sum: total(samples, `${name}_sum`, matches) };
}

/**
 * What came between two readings of a histogram; null after the counts began anew.
 * @param {Histogram} now
 * @param {Histogram} before
 * @returns {Histogram | null}
 */
export function since(now, before) {
  const earlier = new Map(before.bounds.map((bound, index) => [bound, before.counts[index]]));
  const counts = now.counts.map((count, index) => count - (earlier.get(now.bounds[index]) ?? 0));
  if (counts.some((count) => count < 0)) return null;
  return { bounds: now.bounds, counts, sum: now.sum - before.sum };
}

/** Number of values in a histogram. */
export const size = (/** @type {Histogram} */ { counts }) => counts.at(-1) ?? 0;

/**
 * The value that a share of the values does not exceed, as Prometheus estimates it: evenly within a bucket.
 * @param {Histogram} histogram
 * @param {number} share
 * @returns {number | null} null without values
 */
export function quantile(histogram, share) {
  const { bounds, counts } = histogram;
  const rank = size(histogram) * share;
  if (rank === 0) return null;
  const index = counts.findIndex((count) => count >= rank);
  const low = index > 0 ? bounds[index - 1] : 0;
  if (!Number.isFinite(bounds[index])) return low;
  const below = index > 0 ? counts[index - 1] : 0;
  return low + (bounds[index] - low) * ((rank - below) / (counts[index] - below));
}

/** @param {string} text */
function parseLabels(text) {
  /** @type {Record<string, string>} */
  const labels = {};
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, letter) => (letter === "n" ? "\n" : letter));
  }
  return labels;
}

/** @param {string} text */
function parse(text) {
  return text === "+Inf" ? Infinity : Number(text);
}
