// @ts-check
import { titleOf } from "./describe.js";
import { duplicate, get, insert, move, placeOf, remove, step } from "./network.js";

/** @typedef {import("./network.js").Edit} Edit */
/** @typedef {import("./network.js").Layer} Layer */
/** @typedef {"list" | "graph" | "json"} View where the user is, and where the focus stays */
/** @typedef {{ say?: string, group?: string, view?: View }} Options `group`: see `Change` */

/**
 * What can be done to layers. Each is one step that can be undone, and is said to people who don't see it.
 * @param {import("./network.js").Network} network
 * @param {(done: Edit | null, options: Options) => void} edit
 * @param {(pointer: string) => void} unfold
 */
export function changesOf(network, edit, unfold) {
  const title = (/** @type {string} */ pointer) => titleOf(get(network, pointer) ?? {});
  return {
    /** @type {(pointer: string, view: View) => void} */
    remove: (pointer, view) => edit(remove(network, pointer), { say: `${title(pointer)} removed`, view }),

    /** @type {(pointer: string, view: View) => void} */
    duplicate: (pointer, view) => {
      if (Number.isNaN(placeOf(pointer).index)) return;
      edit(duplicate(network, pointer), { say: `${title(pointer)} duplicated`, view });
    },

    /** @type {(pointer: string, direction: import("./network.js").Direction, view: View) => void} */
    step: (pointer, direction, view) => {
      const done = step(network, pointer, direction);
      if (!done?.pointer) return;
      unfold(done.pointer);
      edit(done, { say: `${title(pointer)} moved to place ${placeOf(done.pointer).index + 1}`, view });
    },

    /** @type {(pointer: string, list: string, index: number, view: View) => void} */
    move: (pointer, list, index, view) =>
      edit(move(network, pointer, list, index), { say: `${title(pointer)} moved`, view }),

    /** @type {(list: string, index: number, layer: Layer) => void} */
    insert: (list, index, layer) =>
      edit(insert(network, list, index, layer), { say: `${titleOf(layer)} added`, view: "list" }),
  };
}
