// @ts-check
import { html } from "../../lib/html.js";
import { href } from "../../lib/router.js";

const states = {
  loading: { text: "loading", tone: "" },
  ready: { text: "ready", tone: "good" },
  draining: { text: "draining", tone: "" },
  unloaded: { text: "not in memory", tone: "" },
  failed: { text: "failed", tone: "error" },
};

/**
 * Whether a version serves.
 * @param {{ state: Api.VersionState }} props
 */
export function State({ state }) {
  const { text, tone } = states[state];
  return html`<span class="badge ${tone}">${text}</span>`;
}

/**
 * Where a version's weights come from.
 * @param {{ weights: Api.WeightsState, head?: Api.HeadState }} props
 */
export function Weights({ weights, head }) {
  if (weights === "loaded" && head !== "random") return html`<span>loaded</span>`;
  const text = { random: "random", partial: "partly random", loaded: "head is random" }[weights];
  return html`<span class="badge warning">${text}</span>`;
}

/** What a key without the scope `manage` sees instead of what changes models. */
export function OnlyLooking() {
  return html`
    <p class="note looking">
      <span>
        Your key may look at models. Changing them needs one with the scope <code>manage</code>. <a
          href=${href("key")}>Use another key</a>
      </span>
    </p>
  `;
}

/**
 * The version that answers requests without a version; null when the only ones that are ready are held back by their
 * golden samples.
 * @param {Api.ModelResponse} model with its default version
 */
export function defaultOf({ serving, samples }) {
  return samples?.held_back && !serving.pinned ? null : serving.version;
}

/**
 * Bytes that a version takes in memory; 0 when it is not there.
 * @param {Api.ModelResponse} model
 */
export function memoryOf({ state, plan_bytes, workspace_bytes }) {
  return state === "ready" || state === "draining" ? plan_bytes + workspace_bytes : 0;
}

/**
 * Where a version comes from, in some words.
 * @param {{ lineage?: Api.VersionLineage | null, weights: Api.WeightsState }} version
 */
export function origin({ lineage, weights }) {
  const { training, from } = lineage ?? {};
  if (training) return `Training (${training.method.replaceAll("_", " ")}) on ${training.dataset}`;
  if (from) return `Derived from ${from}`;
  return weights === "random" ? "Random weights" : "Weights file";
}
