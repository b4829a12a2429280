// @ts-check
import { useEffect } from "../../lib/html.js";
import { get, isBlock, placeOf } from "./network.js";

/**
 * Ctrl+Z and Ctrl+Shift+Z anywhere on the page, but not in a dialog, whose fields are no part of the network.
 * @param {() => void} undo
 * @param {() => void} redo
 */
export function useUndoKeys(undo, redo) {
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const name = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
      if (name !== "z" && name !== "y") return;
      event.preventDefault();
      if (name === "y" || event.shiftKey) redo();
      else undo();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** @type {Record<"list" | "graph", Record<string, import("./network.js").Direction>>} */
const directionsOf = {
  list: { ArrowUp: "back", ArrowDown: "on", ArrowLeft: "out", ArrowRight: "in" },
  graph: { ArrowLeft: "back", ArrowRight: "on", ArrowUp: "out", ArrowDown: "in" },
};

/**
 * What the keys do on a layer. In the list, layers follow each other downwards; in the graph, to the right.
 * @param {import("./editor.js").Editor} editor
 * @param {string} pointer
 * @param {"list" | "graph"} view
 */
export function keysOf(editor, pointer, view) {
  const directions = directionsOf[view];
  return (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey) return;
    const direction = directions[event.key];
    const isFixed = pointer === "/input";
    if (event.altKey && direction) {
      if (!isFixed) editor.step(pointer, direction, view);
    } else if (event.altKey) {
      return;
    } else if (direction === "back" || direction === "on") {
      goToNext(/** @type {HTMLElement} */ (event.currentTarget), direction === "on" ? 1 : -1);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (!isFixed) editor.remove(pointer, view);
    } else if (event.key === "d") {
      if (!isFixed) editor.duplicate(pointer, view);
    } else if (event.key === "a") {
      editor.select(pointer);
      const { list, index } = isFixed ? { list: "/layers", index: -1 } : placeOf(pointer);
      if (!Number.isNaN(index)) editor.ask(list, index + 1);
    } else if (event.key === "f" && isBlock(get(editor.network, pointer))) {
      editor.toggle(pointer);
    } else {
      return;
    }
    event.preventDefault();
  };
}

/**
 * @param {HTMLElement} from
 * @param {1 | -1} by
 */
function goToNext(from, by) {
  const all = [.../** @type {HTMLElement} */ (from.closest("[data-layers]")).querySelectorAll("[data-layer]")];
  /** @type {HTMLElement | undefined} */ (all[all.indexOf(from) + by])?.focus();
}
