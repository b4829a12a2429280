// @ts-check
import { html } from "../lib/html.js";

/** @type {Record<Api.RunState, { word: string, tone: string }>} */
const states = {
  queued: { word: "Waits", tone: "" },
  running: { word: "Runs", tone: "accent" },
  succeeded: { word: "Done", tone: "good" },
  failed: { word: "Failed", tone: "error" },
  cancelled: { word: "Cancelled", tone: "" },
};

/**
 * Where a training, an evaluation or a quantization is in its life.
 * @param {{ state: Api.RunState }} props
 */
export function StateBadge({ state }) {
  const { word, tone } = states[state];
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** Whether such a run goes on. */
export const isGoing = (/** @type {Api.RunState} */ state) => state === "queued" || state === "running";
