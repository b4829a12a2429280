// @ts-check
/**
 * A tensor of 32-bit floats.
 * @typedef {{ shape: number[], data: Float32Array }} Tensor
 */

/**
 * Reads the float32 tensors of a safetensors file: eight bytes with the header's length, the header in JSON, numbers.
 * @param {ArrayBuffer} file
 * @returns {Map<string, Tensor>}
 */
export function readSafetensors(file) {
  const length = Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length)));
  const start = 8 + length;
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__" || entry.dtype !== "F32") continue;
    const [from, to] = entry.data_offsets;
    // A copy: the header may end anywhere, and floats begin at multiples of four.
    tensors.set(name, { shape: entry.shape, data: new Float32Array(file.slice(start + from, start + to)) });
  }
  return tensors;
}
