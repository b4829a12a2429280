// @ts-check
import { useEffect, useReducer } from "../../lib/html.js";
import { isLayer } from "./network.js";
import { format } from "./text.js";

/**
 * The network at one moment: its text, and what the text says. With a `fault`, the text is no JSON, and `network` is
 * the last one that was.
 * @typedef {object} Moment
 * @property {import("./network.js").Network} network
 * @property {string} text
 * @property {string} [fault]
 * @property {string | object} [preprocessing] that of the predefined network or model that it was opened from
 */

/**
 * @typedef {{ past: Moment[], now: Moment, future: Moment[], group: string, at: number }} History
 *   `group`, `at`: what the last change was and when, so that a word that is typed is one step
 * @typedef {{ type: "edit", network: import("./network.js").Network, group?: string }
 *   | { type: "text", text: string }
 *   | { type: "open", network: import("./network.js").Network, preprocessing?: string | object }
 *   | { type: "undo" }
 *   | { type: "redo" }} Change
 */

const storageKey = "builder";

/** What was edited last: it is gone on with when the user comes back to the page. */
let kept = /** @type {History | null} */ (null);

/** The network that the builder begins with: that of the lesson. */
export const lesson = {
  input: { channels: 3, height: 32, width: 32 },
  layers: [
    { type: "conv2d", out_channels: 6, kernel_size: 3, padding: 1 },
    { type: "relu" },
    { type: "max_pool2d", kernel_size: 2 },
    { type: "conv2d", out_channels: 12, kernel_size: 3, padding: 1 },
    { type: "relu" },
    { type: "max_pool2d", kernel_size: 2 },
    { type: "flatten" },
    { type: "linear", out_features: 20 },
    { type: "relu" },
    { type: "linear", out_features: 10 },
  ],
};

/**
 * The network that is edited, and all that it was; the network itself outlives a reload of the tab.
 * @returns {{ history: History, change: (change: Change) => void }}
 */
export function useDraft() {
  const [history, change] = useReducer(after, null, begin);
  const { text, preprocessing } = history.now;
  useEffect(() => sessionStorage.setItem(storageKey, JSON.stringify({ text, preprocessing })), [text, preprocessing]);
  useEffect(() => {
    kept = history;
  }, [history]);
  return { history, change };
}

/** @returns {History} */
function begin() {
  if (kept) return kept;
  /** @type {Moment} */
  let now = { network: lesson, text: format(lesson) };
  try {
    const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
    if (typeof stored?.text === "string") now = { ...read(stored.text, lesson), preprocessing: stored.preprocessing };
  } catch {
    // nothing that can be gone on with
  }
  return { past: [], now, future: [], group: "", at: 0 };
}

/**
 * @param {History} history
 * @param {Change} change
 * @returns {History}
 */
function after(history, change) {
  const { past, now, future } = history;
  switch (change.type) {
    case "undo":
      return past.length === 0
        ? history
        : { past: past.slice(0, -1), now: past[past.length - 1], future: [now, ...future], group: "", at: 0 };
    case "redo":
      return future.length === 0
        ? history
        : { past: [...past, now], now: future[0], future: future.slice(1), group: "", at: 0 };
    case "text":
      return add(history, { ...now, fault: undefined, ...read(change.text, now.network) }, "text");
    case "open":
      return add(history, { ...change, text: format(change.network) }, "");
    case "edit":
      return add(
        history,
        { ...now, fault: undefined, network: change.network, text: format(change.network) },
        change.group,
      );
  }
}

/**
 * @param {History} history
 * @param {Moment} now
 * @param {string} [group] changes of the same group that follow quickly are one
 * @returns {History}
 */
function add({ past, now: before, group: last, at }, now, group = "") {
  const time = Date.now();
  const isSame = group !== "" && group === last && time - at < 1000;
  return { past: isSame ? past : [...past, before].slice(-200), now, future: [], group, at: time };
}

/**
 * @param {string} text
 * @param {import("./network.js").Network} before
 * @returns {Moment}
 */
function read(text, before) {
  try {
    const network = JSON.parse(text);
    if (isLayer(network)) return { network, text };
    return { network: before, text, fault: 'A network is an object: { "input": …, "layers": [ … ] }.' };
  } catch (error) {
    return { network: before, text, fault: /** @type {Error} */ (error).message };
  }
}
