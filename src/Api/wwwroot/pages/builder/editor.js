// @ts-check
import { announce } from "../../components/messages.js";
import { useCallback, useEffect, useMemo, useRef, useState } from "../../lib/html.js";
import { useAnalysis } from "./analysis.js";
import { titleOf } from "./describe.js";
import { useDraft } from "./draft.js";
import {
  allLayers,
  duplicate,
  get,
  insert,
  isBlock,
  isWithin,
  layerAt,
  move,
  placeOf,
  remove,
  step,
} from "./network.js";

/** @typedef {import("./network.js").Edit} Edit */
/** @typedef {"list" | "graph" | "json"} View */
/** @typedef {ReturnType<typeof useEditor>} Editor what list, graph and JSON share: the network and its changes */

/** Above so many layers, blocks are folded until they are opened. */
const manyLayers = 24;

/**
 * @param {Api.LayerDescription[]} descriptions of the layer types
 */
export function useEditor(descriptions) {
  const { history, change } = useDraft();
  const { network } = history.now;
  const analysis = useAnalysis(network);
  const [selected, setSelected] = useState(/** @type {string | null} */ (null));
  const [flipped, setFlipped] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [adding, setAdding] = useState(/** @type {{ list: string, index: number } | null} */ (null));
  /** The view whose selected layer takes the focus when it is drawn next. */
  const focus = useRef(/** @type {View | null} */ (null));
  const isLarge = useMemo(() => allLayers(network).length > manyLayers, [network]);

  const edit = (
    /** @type {Edit | null} */ done,
    /** @type {{ say?: string, group?: string, view?: View }} */ options = {},
  ) => {
    if (!done) return;
    change({ type: "edit", network: done.network, group: options.group });
    setFlipped((old) => new Set([...old].map(done.moved).filter((place) => place !== null)));
    setSelected(done.pointer);
    if (options.view) focus.current = options.view;
    if (options.say) announce(options.say);
  };
  const title = (/** @type {string} */ pointer) => titleOf(get(network, pointer) ?? {});
  const editor = {
    network,
    moment: history.now,
    analysis,
    descriptions,
    focus,
    adding,
    setAdding,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    undo: useCallback(() => change({ type: "undo" }), []),
    redo: useCallback(() => change({ type: "redo" }), []),
    selected: selected !== null && get(network, selected) !== undefined ? selected : null,
    /** Selects a layer and unfolds the blocks around it, so that it is seen. */
    select: (/** @type {string | null} */ pointer) => {
      if (pointer) unfold(pointer);
      setSelected(pointer);
    },
    /** What a layer and those in it are drawn from: while it is the same, they are not drawn again. */
    inputsOf: (/** @type {import("./network.js").Layer} */ layer, /** @type {string} */ pointer) => {
      const isAround = editor.selected !== null && isWithin(editor.selected, pointer);
      return [layer, pointer, analysis.factsOf, flipped, isLarge, isAround && editor.selected, isAround && network];
    },
    isFolded: (/** @type {string} */ pointer) => isLarge !== flipped.has(pointer),
    toggle: (/** @type {string} */ pointer) => setFlipped((old) => flip(old, pointer)),
    edit,
    write: (/** @type {string} */ text) => change({ type: "text", text }),
    open: (
      /** @type {import("./network.js").Network} */ next,
      /** @type {string | object | undefined} */ preprocessing,
    ) => {
      change({ type: "open", network: next, preprocessing });
      setFlipped(new Set());
      setSelected(null);
    },
    title,
    remove: (/** @type {string} */ pointer, /** @type {View} */ view) =>
      edit(remove(network, pointer), { say: `${title(pointer)} removed`, view }),
    duplicate: (/** @type {string} */ pointer, /** @type {View} */ view) => {
      if (!Number.isNaN(placeOf(pointer).index))
        edit(duplicate(network, pointer), { say: `${title(pointer)} duplicated`, view });
    },
    step: (
      /** @type {string} */ pointer,
      /** @type {"back" | "on" | "out" | "in"} */ direction,
      /** @type {View} */ view,
    ) => {
      const done = step(network, pointer, direction);
      if (done?.pointer) unfold(done.pointer);
      edit(done, {
        say: done ? `${title(pointer)} moved to place ${placeOf(done.pointer ?? "").index + 1}` : undefined,
        view,
      });
    },
    move: (
      /** @type {string} */ pointer,
      /** @type {string} */ list,
      /** @type {number} */ index,
      /** @type {View} */ view,
    ) => edit(move(network, pointer, list, index), { say: `${title(pointer)} moved`, view }),
    /** Asks for a layer and puts it there; without a place, after the selected layer. */
    ask: (/** @type {string} */ list = "", /** @type {number} */ index = 0) =>
      setAdding(list ? { list, index } : next()),
    add: (/** @type {import("./network.js").Layer} */ layer) => {
      if (adding) edit(insert(network, adding.list, adding.index, layer), { say: `${layer.type} added`, view: "list" });
      setAdding(null);
    },
  };
  const unfold = (/** @type {string} */ pointer) => {
    for (let block = outer(pointer); block; block = outer(block)) {
      if (isBlock(get(network, block) ?? {}) && editor.isFolded(block)) editor.toggle(block);
    }
  };
  const next = () => {
    const place = editor.selected && layerAt(editor.selected) && placeOf(editor.selected);
    if (place && editor.selected !== "/input" && !Number.isNaN(place.index))
      return { list: place.list, index: place.index + 1 };
    return { list: "/layers", index: editor.selected === "/input" ? 0 : (network.layers?.length ?? 0) };
  };
  useUndoKeys(editor.undo, editor.redo);
  /** Always the same object, so that what was not drawn again uses the latest network, too. */
  const latest = useRef(editor);
  return Object.assign(latest.current, editor);
}

function outer(/** @type {string} */ pointer) {
  return layerAt(placeOf(pointer).list);
}

/**
 * @param {ReadonlySet<string>} set
 * @param {string} item
 */
function flip(set, item) {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}

/**
 * Ctrl+Z and Ctrl+Shift+Z anywhere on the page, but not in a dialog, whose fields are no part of the network.
 * @param {() => void} undo
 * @param {() => void} redo
 */
function useUndoKeys(undo, redo) {
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

/** @type {Record<"list" | "graph", Record<string, "back" | "on" | "out" | "in">>} */
const directionsOf = {
  list: { ArrowUp: "back", ArrowDown: "on", ArrowLeft: "out", ArrowRight: "in" },
  graph: { ArrowLeft: "back", ArrowRight: "on", ArrowUp: "out", ArrowDown: "in" },
};

/**
 * What the keys do on a layer. In the list, layers follow each other downwards; in the graph, to the right.
 * @param {Editor} editor
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
