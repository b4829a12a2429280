// @ts-check
import { key, send } from "../../lib/api.js";
import { compare, read } from "./measures.js";

/** @typedef {import("./measures.js").Point} Point */

const request = { path: "metrics" };
const kept = 600; // seconds
const least = 120; // seconds that are shown, also when there are fewer
const window = 10; // seconds that a figure is about

/** What was read: kept when the user looks at another page. */
const history = {
  key: key.value,
  /** @type {import("./measures.js").Moment[]} */
  moments: [],
  /** @type {Point[]} */
  points: [],
};

/**
 * Reads the metrics, and adds what happened since some seconds ago.
 * @param {AbortSignal} signal
 * @returns {Promise<Point[]>} those of the last ten minutes, the oldest first
 */
export async function readNext(signal) {
  const text = await (await send(request, signal)).text();
  if (history.key !== key.value) Object.assign(history, { key: key.value, moments: [], points: [] });
  const now = read(text, Date.now() / 1000);
  const last = history.moments.at(-1);
  const isAnew = last !== undefined && (now.server.cpu < last.server.cpu || now.time - last.time > 3 * window);
  if (isAnew) history.moments = []; // the server restarted, or nobody looked for a while
  const before = history.moments.find(({ time }) => time >= now.time - window) ?? last;
  if (before && !isAnew) history.points = [...history.points, compare(now, before)];
  history.moments = [...history.moments, now].filter(({ time }) => time >= now.time - window);
  history.points = history.points.filter(({ time }) => time >= now.time - kept);
  return history.points;
}

/**
 * The points as a curve needs them: over two minutes at least, and null where nothing was read.
 * @param {Point[]} points
 * @param {(point: Point) => number | null | undefined} value
 */
export function series(points, value) {
  const values = [/** @type {number | null} */ (null)];
  points.forEach((point, index) => {
    if (index > 0 && point.time - points[index - 1].time > window) values.push(null);
    values.push(value(point) ?? null);
  });
  return values;
}

/**
 * The times of `series`.
 * @param {Point[]} points
 */
export function times(points) {
  const end = points.at(-1)?.time ?? Date.now() / 1000;
  const result = [Math.min(points[0]?.time ?? end, end - least)];
  points.forEach(({ time }, index) => {
    if (index > 0 && time - points[index - 1].time > window) result.push(points[index - 1].time + 1);
    result.push(time);
  });
  return result;
}
