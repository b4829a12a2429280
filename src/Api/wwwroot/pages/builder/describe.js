// @ts-check
import { listsOf } from "./network.js";

/** The kinds of layers, as the palette lists them; each has a sign of its own in list and graph. */
export const kinds = /** @type {const} */ ({
  weights: "Layers with weights",
  pool: "Pools",
  activation: "Activations",
  norm: "Normalisation and dropout",
  block: "Blocks of layers",
  other: "Others",
});

/**
 * @param {unknown} type
 * @returns {keyof typeof kinds}
 */
export function kindOf(type) {
  const name = String(type);
  if (/^(conv|linear)/.test(name) && name !== "concat") return "weights";
  if (name.includes("pool")) return "pool";
  if (/norm|dropout/.test(name)) return "norm";
  if (/^(sequential|repeat|residual|concat)$/.test(name)) return "block";
  return /^(relu6?|leaky_relu|elu|gelu|silu|hardswish|sigmoid|tanh|softmax)$/.test(name) ? "activation" : "other";
}

/** The activations that a residual block may end with. */
export const activations = ["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish", "sigmoid", "tanh"];

/**
 * A layer's settings in a few words: "6 filters 3 × 3, padding 1".
 * @param {import("./network.js").Layer} layer
 */
export function summaryOf(layer) {
  const {
    type,
    name,
    out_channels: filters,
    out_features: outputs,
    kernel_size: size,
    times,
    in_channels: _1,
    in_features: _2,
    num_features: _3,
    ...others
  } = layer;
  const dimensions = Number(/([123])d$/.exec(String(type))?.[1] ?? 0);
  const window =
    size === undefined ? "" : Array.isArray(size) ? size.join(" × ") : Array(dimensions).fill(size).join(" × ");
  const head = [filters !== undefined && `${filters} ${filters === 1 ? "filter" : "filters"}`, window]
    .filter(Boolean)
    .join(" ");
  const parts = [head, outputs !== undefined && `${outputs} outputs`, times !== undefined && `× ${times}`];
  for (const [key, value] of Object.entries(others)) {
    const word = key.replaceAll("_", " ");
    if (value === false) parts.push(`no ${word}`);
    else if (value === true) parts.push(word);
    else if (key === "preset" || key === "activation") parts.push(typeof value === "string" ? value : value?.type);
    else if (typeof value !== "object" || (Array.isArray(value) && !listsOf(layer).includes(key)))
      parts.push(`${word} ${value}`);
  }
  return parts.filter(Boolean).join(", ");
}

/**
 * The name that a layer goes by, and its type where that is another.
 * @param {import("./network.js").Layer} layer
 */
export function titleOf(layer) {
  return layer.name ? `${layer.name} (${layer.type})` : String(layer.type ?? "layer without a type");
}

/**
 * A layer as it is added: with what it needs, and blocks with something in them.
 * @param {string} type
 * @param {number} channels those that come in, so that a residual block fits
 * @returns {import("./network.js").Layer}
 */
export function newLayer(type, channels) {
  const conv = (/** @type {number} */ filters) => ({
    type: "conv2d",
    out_channels: filters,
    kernel_size: 3,
    padding: 1,
  });
  const normed = (/** @type {number} */ filters) => [{ ...conv(filters), bias: false }, { type: "batch_norm2d" }];
  if (/^conv[123]d$/.test(type)) return { ...conv(16), type };
  if (/^(max|avg)_pool/.test(type)) return { type, kernel_size: 2 };
  if (/^adaptive_/.test(type)) return { type, output_size: 1 };
  switch (type) {
    case "linear":
      return { type, out_features: 10 };
    case "filter2d":
      return { type, preset: "line_vertical" };
    case "group_norm":
      return { type, num_groups: channels % 4 === 0 ? 4 : 1 };
    case "layer_norm":
      return { type, normalized_shape: channels };
    case "local_response_norm":
      return { type, size: 5 };
    case "sequential":
      return { type, layers: [conv(channels), { type: "relu" }] };
    case "repeat":
      return { type, times: 2, layers: [conv(channels), { type: "relu" }] };
    case "residual":
      return { type, activation: "relu", body: [...normed(channels), { type: "relu" }, ...normed(channels)] };
    case "concat":
      return { type, branches: [{ type: "conv2d", out_channels: channels, kernel_size: 1 }, conv(channels)] };
    default:
      return { type };
  }
}
