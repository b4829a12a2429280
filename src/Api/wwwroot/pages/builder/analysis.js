// @ts-check
import { ApiError, json } from "../../lib/api.js";
import { useDebounced, useResource } from "../../lib/hooks.js";
import { useMemo, useRef } from "../../lib/html.js";
import { get, layerAt } from "./network.js";

/**
 * What is known of a layer. Of a block, parameters and MACs are those of all layers in it; a repeat counts its copies.
 * @typedef {object} Facts
 * @property {string} type
 * @property {string} key
 * @property {(number | null)[] | undefined} shape
 * @property {number} parameters
 * @property {number} macs
 * @property {number[] | undefined} field the side of its receptive field, in each dimension
 * @property {boolean} isUnknown an error keeps its numbers from being known
 */

/** @typedef {{ kind: "error" | "warning", pointer: string, detail: string }} Problem */

/**
 * @typedef {object} Analysis
 * @property {(layer: object, pointer: string) => Facts | undefined} factsOf
 * @property {(layer: object | undefined, pointer: string) => Problem[]} problemsOf
 * @property {Problem[]} problems
 * @property {Api.AnalysisResponse | undefined} totals
 * @property {any} error why there is no analysis
 * @property {boolean} isStale whether the network has changed since
 * @property {() => void} reload
 * @property {import("../../lib/api.js").Request} request
 */

/**
 * @typedef {object} Answer
 * @property {import("./network.js").Network} network
 * @property {Api.AnalysisResponse} [totals]
 * @property {Api.LayerAnalysisResponse[]} layers
 * @property {Problem[]} problems
 */

/**
 * The server's analysis of the network, a moment after it was changed. What was known stays until the next answer.
 * @param {import("./network.js").Network} network
 * @returns {Analysis}
 */
export function useAnalysis(network) {
  const settled = useDebounced(network, 200);
  const answer = useResource((signal) => analyze(settled, signal), [settled]);
  const last = useRef(/** @type {Answer | undefined} */ (undefined));
  if (answer.data) last.current = answer.data;
  const known = last.current;
  const index = useMemo(() => makeIndex(known), [known]);
  return {
    ...index,
    problems: known?.problems ?? [],
    totals: known?.totals,
    error: answer.error,
    isStale: known?.network !== network,
    reload: answer.reload,
    request: requestOf(network),
  };
}

function requestOf(/** @type {unknown} */ network) {
  return { method: /** @type {const} */ ("POST"), path: "v1/architectures/analyze", json: network };
}

/**
 * @param {import("./network.js").Network} network
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function analyze(network, signal) {
  try {
    /** @type {Api.AnalysisResponse} */
    const totals = await json(requestOf(network), signal);
    const problems = totals.warnings.map((one) => ({ kind: /** @type {const} */ ("warning"), ...one }));
    return { network, totals, layers: totals.layers, problems };
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "definition_invalid")) throw error;
    const problems = error.errors.map((one) => ({ kind: /** @type {const} */ ("error"), ...one }));
    return { network, layers: error.problem.layers ?? [], problems };
  }
}

/**
 * Finds the facts of a layer by itself: one that was only moved keeps them until the next answer. A layer that was
 * changed has those of its place, if they are of its type.
 * @param {Answer | undefined} answer
 */
function makeIndex(answer) {
  const facts = factsByPlace(answer?.layers ?? []);
  /** @type {Map<string, Problem[]>} */
  const problems = new Map();
  for (const problem of answer?.problems ?? []) {
    const place = layerAt(problem.pointer);
    problems.set(place, [...(problems.get(place) ?? []), problem]);
  }
  /** @type {Map<object, string>} */
  const places = new Map();
  for (const place of new Set([...facts.keys(), ...problems.keys()])) {
    const layer = answer && get(answer.network, place);
    if (typeof layer === "object" && layer !== null) places.set(layer, place);
  }
  return {
    /** @type {Analysis["factsOf"]} */
    factsOf: (layer, pointer) => {
      const own = places.get(layer);
      const found = facts.get(own ?? pointer);
      return own !== undefined || found?.type === /** @type {any} */ (layer).type ? found : undefined;
    },
    /** @type {Analysis["problemsOf"]} */
    problemsOf: (layer, pointer) => problems.get((layer && places.get(layer)) ?? pointer) ?? [],
  };
}

/** @param {Api.LayerAnalysisResponse[]} layers */
function factsByPlace(layers) {
  /** @type {Map<string, Facts>} */
  const facts = new Map();
  for (const layer of layers) {
    const old = facts.get(layer.pointer);
    facts.set(layer.pointer, {
      type: layer.type,
      key: layer.key,
      shape: layer.output_shape ?? undefined,
      parameters: old?.parameters ?? 0,
      macs: old?.macs ?? 0,
      field: layer.receptive_field?.size,
      isUnknown: layer.depends_on_error ?? false,
    });
    for (let place = layer.pointer; place; place = place.slice(0, place.lastIndexOf("/"))) {
      const block = facts.get(place);
      if (!block) continue;
      block.parameters += layer.parameters;
      block.macs += layer.macs;
    }
  }
  return facts;
}
