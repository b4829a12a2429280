// @ts-check
/**
 * A network as its author wrote it, and the edits of it. A place in it is a JSON Pointer, such as `/layers/4/body/0`.
 * No edit changes an object: what it leaves alone stays the same object, so that its analysis stays with it.
 * @typedef {Record<string, any>} Layer
 * @typedef {Record<string, any>} Network
 * @typedef {"back" | "on" | "out" | "in"} Direction
 * @typedef {{ network: Network, moved: (pointer: string) => string | null, pointer: string | null }} Edit
 *   `moved`: where a place is afterwards; `pointer`: the place that the edit was about
 */

/** The lists of layers that a block may have. */
const lists = ["layers", "body", "branches"];

/** Whether a layer holds others. */
export function isBlock(/** @type {Layer} */ layer) {
  return listsOf(layer).length > 0;
}

/** The names of a block's lists of layers. */
export function listsOf(/** @type {Layer} */ layer) {
  return lists.filter((name) => Array.isArray(layer?.[name]));
}

/** A value is a layer as far as it can be drawn. */
export function isLayer(/** @type {unknown} */ value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The layers in a block, or in the network, with their places.
 * @param {Layer | Network} block
 * @param {string} pointer
 * @returns {{ layer: Layer, pointer: string }[]}
 */
export function childrenOf(block, pointer) {
  const children = listsOf(block).flatMap((name) =>
    block[name].map((/** @type {Layer} */ layer, /** @type {number} */ i) => ({
      layer,
      pointer: `${pointer}/${name}/${i}`,
    })),
  );
  if (isLayer(block.shortcut)) children.push({ layer: block.shortcut, pointer: `${pointer}/shortcut` });
  return children.filter(({ layer }) => isLayer(layer));
}

/** Every layer of the network, a block before the layers in it. */
export function allLayers(/** @type {Network} */ network, pointer = "") {
  /** @type {{ layer: Layer, pointer: string }[]} */
  const found = [];
  for (const child of childrenOf(network, pointer)) found.push(child, ...allLayers(child.layer, child.pointer));
  return found;
}

/** The value at a place; undefined if there is none. */
export function get(/** @type {Network} */ network, /** @type {string} */ pointer) {
  return segments(pointer).reduce((value, name) => value?.[name], /** @type {any} */ (network));
}

/** The layer, or the input, that a place belongs to; "" if it belongs to the whole network. */
export function layerAt(/** @type {string} */ pointer) {
  if (pointer.startsWith("/input")) return "/input";
  return /^(?:\/(?:layers|body|branches)\/\d+|\/shortcut)*/.exec(pointer)?.[0] ?? "";
}

/** The list that a layer is in, and its index there; the index of a shortcut is NaN. */
export function placeOf(/** @type {string} */ pointer) {
  const end = pointer.lastIndexOf("/");
  return { list: pointer.slice(0, end), index: Number(pointer.slice(end + 1)) };
}

/**
 * @param {Network} network
 * @param {string} pointer
 * @param {unknown} value undefined removes the property
 * @returns {Edit}
 */
export function replace(network, pointer, value) {
  return { network: change(network, segments(pointer), () => value), moved: (place) => place, pointer };
}

/**
 * @param {Network} network
 * @param {string} list
 * @param {number} index
 * @param {Layer} layer
 * @returns {Edit}
 */
export function insert(network, list, index, layer) {
  const put = (/** @type {Layer[] | undefined} */ old = []) => old.toSpliced(index, 0, layer);
  return {
    network: change(network, segments(list), put),
    moved: (place) => shift(place, list, index, 1),
    pointer: `${list}/${index}`,
  };
}

/**
 * @param {Network} network
 * @param {string} pointer
 * @returns {Edit}
 */
export function remove(network, pointer) {
  const { list, index } = placeOf(pointer);
  if (Number.isNaN(index)) {
    const moved = (/** @type {string} */ place) => (isWithin(place, pointer) ? null : place);
    return { network: change(network, segments(pointer), () => undefined), moved, pointer: list };
  }
  const rest = get(network, list).length - 1;
  return {
    network: change(network, segments(list), (/** @type {Layer[]} */ old) => old.toSpliced(index, 1)),
    moved: (place) => (isWithin(place, pointer) ? null : shift(place, list, index, -1)),
    pointer: rest > 0 ? `${list}/${Math.min(index, rest - 1)}` : layerAt(list) || null,
  };
}

/**
 * Moves a layer before the one that is at `index` of `list` now; null if it would be moved into itself.
 * @param {Network} network
 * @param {string} pointer
 * @param {string} list
 * @param {number} index
 * @returns {Edit | null}
 */
export function move(network, pointer, list, index) {
  if (isWithin(list, pointer)) return null;
  const from = placeOf(pointer);
  const removed = remove(network, pointer);
  const target = removed.moved(list) ?? list;
  const at = from.list === list && from.index < index ? index - 1 : index;
  if (from.list === list && from.index === at) return null;
  const inserted = insert(removed.network, target, at, get(network, pointer));
  return {
    ...inserted,
    moved: (place) => {
      if (isWithin(place, pointer)) return `${target}/${at}${place.slice(pointer.length)}`;
      const between = removed.moved(place);
      return between && inserted.moved(between);
    },
  };
}

/**
 * @param {Network} network
 * @param {string} pointer
 * @returns {Edit}
 */
export function duplicate(network, pointer) {
  const { list, index } = placeOf(pointer);
  return insert(network, list, index + 1, structuredClone(get(network, pointer)));
}

/**
 * Where `Alt` and an arrow key move a layer: a step back or on in its list, out of its block, or into the block before.
 * @param {Network} network
 * @param {string} pointer
 * @param {Direction} direction
 * @returns {Edit | null}
 */
export function step(network, pointer, direction) {
  const { list, index } = placeOf(pointer);
  if (direction === "out") {
    const block = layerAt(list);
    const outer = placeOf(block);
    return block && !Number.isNaN(outer.index) ? move(network, pointer, outer.list, outer.index + 1) : null;
  }
  if (Number.isNaN(index)) return null;
  if (direction === "in") {
    const before = index > 0 && get(network, `${list}/${index - 1}`);
    const [name] = before ? listsOf(before) : [];
    return name ? move(network, pointer, `${list}/${index - 1}/${name}`, before[name].length) : null;
  }
  const target = direction === "back" ? index - 1 : index + 2;
  return target < 0 || target > get(network, list).length ? null : move(network, pointer, list, target);
}

/** Whether a place is another one or lies in it. */
export function isWithin(/** @type {string} */ place, /** @type {string} */ pointer) {
  return place === pointer || place.startsWith(`${pointer}/`);
}

/**
 * Where a place is after its list grew or shrank by one.
 * @param {string} place
 * @param {string} list
 * @param {number} index
 * @param {1 | -1} by
 */
function shift(place, list, index, by) {
  if (!place.startsWith(`${list}/`)) return place;
  const [own, ...rest] = place.slice(list.length + 1).split("/");
  const number = Number(own);
  return number >= index ? [list, number + by, ...rest].join("/") : place;
}

/**
 * @param {any} value
 * @param {string[]} names
 * @param {(old: any) => any} put
 * @returns {any}
 */
function change(value, [name, ...rest], put) {
  if (name === undefined) return put(value);
  const next = change(value?.[name], rest, put);
  if (Array.isArray(value)) return value.with(Number(name), next);
  const { [name]: old, ...others } = value ?? {};
  if (next === undefined) return others;
  return old === undefined ? { ...others, [name]: next } : { ...value, [name]: next };
}

function segments(/** @type {string} */ pointer) {
  return pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}
