// @ts-check
/**
 * A layer or block as its author wrote it.
 * @typedef {{ type: string, name?: string, layers?: Definition[], body?: Definition[], branches?: Definition[],
 *   shortcut?: Definition, activation?: string | Definition, inline?: boolean, times?: number, names?: string,
 *   first?: number } & Record<string, any>} Definition
 * @typedef {{ key: string, type: string, definition: Definition }} NetworkLayer
 */

/**
 * The layers and blocks of a network with their keys, as docs/architectures.md says: a key is the name or the position
 * in the parent. The analysis of the server says more, but needs another scope.
 * @param {Definition[]} layers
 * @returns {NetworkLayer[]}
 */
export function layersOf(layers) {
  /** @type {NetworkLayer[]} */
  const found = [];
  addAll(layers, "", 0, found);
  return found;
}

/**
 * The part of a document that a JSON Pointer leads to.
 * @param {any} document
 * @param {string} pointer
 */
export function resolve(document, pointer) {
  let part = document;
  for (const step of pointer.split("/").slice(1)) part = part?.[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  return part;
}

/**
 * @param {Definition[]} layers
 * @param {string} prefix
 * @param {number} position of the first one in the parent
 * @param {NetworkLayer[]} found
 * @returns {number} the position that follows
 */
function addAll(layers, prefix, position, found) {
  for (const layer of layers) {
    if (layer.type === "repeat") {
      for (let turn = 0; turn < (layer.times ?? 1); turn++) {
        position = addAll((layer.layers ?? []).map((one) => named(one, layer, turn)), prefix, position, found);
      }
    } else if (layer.type === "sequential" && layer.inline) {
      position = addAll(layer.layers ?? [], prefix, position, found);
    } else {
      add(layer, `${prefix}${layer.name ?? position}`, found);
      position++;
    }
  }
  return position;
}

/**
 * @param {Definition} layer
 * @param {Definition} repeat
 * @param {number} turn
 */
function named(layer, { names, first = 0 }, turn) {
  return names ? { ...layer, name: names.replace("{i}", String(first + turn)) } : layer;
}

/**
 * @param {Definition} layer
 * @param {string} key
 * @param {NetworkLayer[]} found
 */
function add(layer, key, found) {
  found.push({ key, type: layer.type, definition: layer });
  const inner = layer.layers ?? layer.body ?? layer.branches;
  if (inner) addAll(inner, `${key}.`, 0, found);
  if (layer.shortcut) add(layer.shortcut, `${key}.${layer.shortcut.name ?? "shortcut"}`, found);
}
