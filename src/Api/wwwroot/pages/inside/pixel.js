// @ts-check
import { path, send } from "../../lib/api.js";
import { readSafetensors } from "../../lib/safetensors.js";
import { zeros } from "./input.js";
import { isLeaf } from "./layers.js";

/** @typedef {import("../../lib/safetensors.js").Tensor} Tensor */

/**
 * A convolution's settings, for rows and for columns.
 * @typedef {{ kernel: number[], stride: number[], padding: number[], dilation: number[], groups: number }} Settings
 */

/**
 * One output number: the patch and the kernel of each input channel, and what they give.
 * @typedef {{ input: number, weight: number, isInside: boolean }} Cell
 * @typedef {{ channel: number, rows: Cell[][], sum: number }} Part
 */

/**
 * The convolution that the network begins with.
 * @param {import("./layers.js").Layer[]} layers
 */
export function firstConvolution(layers) {
  const first = layers.find(isLeaf);
  const isZeros = ["zeros", undefined].includes(first?.definition.padding_mode);
  return first?.type === "conv2d" && isZeros ? first : undefined;
}

/**
 * @param {import("../../lib/network.js").Definition} definition
 * @returns {Settings}
 */
export function settingsOf({ kernel_size, stride = 1, padding = 0, dilation = 1, groups = 1 }) {
  const two = (/** @type {number | number[]} */ value) => (Array.isArray(value) ? value : [value, value]);
  const [kernel, steps] = [two(kernel_size), two(dilation)];
  const half = kernel.map((side, i) => Math.floor((steps[i] * (side - 1)) / 2));
  const around = padding === "same" ? half : padding === "valid" ? [0, 0] : two(padding);
  return { kernel, stride: two(stride), padding: around, dilation: steps, groups };
}

/**
 * What the server has: the convolution's output, kernel and bias of one channel. The bias is what it gives for zeros.
 * @param {Api.ModelResponse} model
 * @param {import("./layers.js").Layer} layer
 * @param {number} channel
 * @param {import("./input.js").Input} input
 * @param {AbortSignal} signal
 */
export async function loadChannel(model, layer, channel, input, signal) {
  const hasBias = layer.definition.bias !== false;
  const filter = { path: path`v1/models/${model.name}/layers/${layer.key}/filters` };
  const [output, kernel, empty] = await Promise.all([
    tensor(features(model, layer, channel, input.body), signal),
    tensor({ ...filter, query: { channels: String(channel), output: "safetensors" } }, signal),
    hasBias ? tensor(features(model, layer, channel, zeros(input.shape)), signal) : null,
  ]);
  return { output, kernel, bias: empty ? empty.data[0] : 0 };
}

/**
 * The request for a channel's output with numbers instead of a photo.
 * @param {Api.ModelResponse} model
 * @param {import("./layers.js").Layer} layer
 * @param {number} channel
 * @param {File} body
 * @returns {import("../../lib/api.js").Request}
 */
export function features(model, layer, channel, body) {
  return {
    method: "POST",
    path: path`v1/models/${model.name}/features`,
    query: { layer: layer.key, channels: String(channel), output: "safetensors" },
    body,
  };
}

/**
 * The multiplications behind one number of the output.
 * @param {import("./input.js").Input} input
 * @param {Tensor} kernel of one output channel
 * @param {Settings} settings
 * @param {number} channel of the output
 * @param {number} channels of the output, in all
 * @param {{ row: number, column: number }} place
 * @returns {Part[]}
 */
export function multiply(input, kernel, settings, channel, channels, { row, column }) {
  const [, height, width] = input.shape;
  const [, depth, rows, columns] = kernel.shape;
  const first = Math.floor((channel * settings.groups) / channels) * depth;
  const top = row * settings.stride[0] - settings.padding[0];
  const left = column * settings.stride[1] - settings.padding[1];
  return Array.from({ length: depth }, (_, c) => {
    let sum = 0;
    const cells = Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => {
        const [y, x] = [top + i * settings.dilation[0], left + j * settings.dilation[1]];
        const isInside = y >= 0 && y < height && x >= 0 && x < width;
        const value = isInside ? input.data[((first + c) * height + y) * width + x] : 0;
        const weight = kernel.data[(c * rows + i) * columns + j];
        sum += value * weight;
        return { input: value, weight, isInside };
      }),
    );
    return { channel: first + c, rows: cells, sum };
  });
}

/**
 * @param {import("../../lib/api.js").Request} request
 * @param {AbortSignal} signal
 * @returns {Promise<Tensor>}
 */
async function tensor(request, signal) {
  const file = readSafetensors(await (await send(request, signal)).arrayBuffer());
  return /** @type {Tensor} */ (file.values().next().value);
}
