// @ts-check
import { measure, seenPart } from "../../lib/photo.js";

/**
 * The numbers that a network computes with, and the body of a request that has them.
 * @typedef {{ shape: number[], data: Float64Array, body: File }} Input
 */

/**
 * A photo as the numbers that the network computes with: resized and cropped by the browser, then scaled and normalised
 * as the model's preprocessing says. The numbers are rounded, so that they are short in JSON.
 * @param {File} photo
 * @param {Api.ModelResponse} model
 * @returns {Promise<Input>}
 */
export async function inputOf(photo, model) {
  const [channels, height, width] = /** @type {number[]} */ (model.input_shape);
  const { x, y, ...part } = seenPart(await measure(photo), model.preprocessing ?? undefined);
  const [left, top, across, down] = [x, y, part.width, part.height].map(Math.round);
  const small = await createImageBitmap(photo, left, top, across, down, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: "high",
  });
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.fillRect(0, 0, width, height);
  context.drawImage(small, 0, 0);
  small.close();
  const pixels = context.getImageData(0, 0, width, height).data;
  const data = normalise(pixels, channels, width * height, model.preprocessing);
  const shape = [channels, height, width];
  return { shape, data, body: bodyOf(shape, data.join()) };
}

/**
 * The body of a request that gives zeros to a network.
 * @param {number[]} shape
 */
export function zeros(shape) {
  const size = shape.reduce((product, side) => product * side, 1);
  return bodyOf(shape, "0,".repeat(size - 1) + "0");
}

/** @param {number[]} shape @param {string} numbers */
function bodyOf(shape, numbers) {
  const text = `{"tensors":[{"shape":[${shape}],"data":[${numbers}]}]}`;
  return new File([text], "numbers.json", { type: "application/json" });
}

/**
 * @param {Uint8ClampedArray} pixels
 * @param {number} channels
 * @param {number} places
 * @param {Api.PreprocessingDefinition | null | undefined} preprocessing
 */
function normalise(pixels, channels, places, preprocessing) {
  const { scale = 1 / 255, mean, std } = preprocessing ?? {};
  const data = new Float64Array(channels * places);
  for (let channel = 0; channel < channels; channel++) {
    const [middle, spread] = [mean?.[channel] ?? 0, std?.[channel] ?? 1];
    for (let place = 0; place < places; place++) {
      const value = channels === 1 ? grey(pixels, 4 * place) : pixels[4 * place + channel];
      data[channel * places + place] = Math.round(((value * scale - middle) / spread) * 1e4) / 1e4;
    }
  }
  return data;
}

/** @param {Uint8ClampedArray} pixels @param {number} at */
function grey(pixels, at) {
  return Math.round(0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]);
}
