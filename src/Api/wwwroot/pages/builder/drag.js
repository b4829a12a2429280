// @ts-check
import { useRef, useState } from "../../lib/html.js";
import { get, isWithin, placeOf } from "./network.js";

/**
 * Layers dragged to another place, in the list (downwards) or in the graph (to the right).
 * @param {import("./editor.js").Editor} editor
 * @param {"list" | "graph"} view
 */
export function useDrag(editor, view) {
  const dragged = useRef(/** @type {string | null} */ (null));
  const [over, setOver] = useState(/** @type {string | null} */ (null));
  const side = (/** @type {DragEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const isLater =
      view === "list" ? event.clientY > box.top + box.height / 2 : event.clientX > box.left + box.width / 2;
    return isLater ? 1 : 0;
  };
  const end = () => {
    dragged.current = null;
    setOver(null);
  };
  /** @param {string} pointer */
  const from = (pointer) => ({
    draggable: true,
    onDragStart: (/** @type {DragEvent} */ event) => {
      event.stopPropagation();
      dragged.current = pointer;
      event.dataTransfer?.setData("text/plain", JSON.stringify(get(editor.network, pointer)));
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    },
    onDragEnd: end,
  });
  /** @param {(event: DragEvent) => { list: string, index: number, name: string } | null} place */
  const to = (place) => ({
    onDragOver: (/** @type {DragEvent} */ event) => {
      const target = dragged.current !== null && place(event);
      if (!target || isWithin(target.list, /** @type {string} */ (dragged.current))) return;
      event.preventDefault();
      event.stopPropagation();
      setOver(target.name);
    },
    onDragLeave: (/** @type {DragEvent} */ event) => {
      const isStillIn = /** @type {Node} */ (event.currentTarget).contains(
        /** @type {Node | null} */ (event.relatedTarget),
      );
      if (!isStillIn) setOver(null);
    },
    onDrop: (/** @type {DragEvent} */ event) => {
      const target = dragged.current !== null && place(event);
      if (target) {
        event.preventDefault();
        event.stopPropagation();
        editor.move(/** @type {string} */ (dragged.current), target.list, target.index, view);
      }
      end();
    },
  });
  return {
    over,
    from,
    /** The part of `over` that is within a place, for what is drawn again only when it has changed. */
    overIn: (/** @type {string} */ pointer) => (over?.includes(pointer) ? over : null),
    /** A layer takes another one before or after itself. */
    onLayer: (/** @type {string} */ pointer) =>
      to((event) => {
        const { list, index } = placeOf(pointer);
        const at = side(event);
        return Number.isNaN(index) ? null : { list, index: index + at, name: `${at ? "after" : "before"} ${pointer}` };
      }),
    /** The end of a list takes one, too. */
    onEnd: (/** @type {string} */ list, /** @type {number} */ length) =>
      to(() => ({ list, index: length, name: `end ${list}` })),
    /** How a layer shows where the dragged one would go. */
    classOf: (/** @type {string} */ pointer) =>
      over === `before ${pointer}` ? "drop-before" : over === `after ${pointer}` ? "drop-after" : "",
  };
}

/** @typedef {ReturnType<typeof useDrag>} Drag */
