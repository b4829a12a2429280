// @ts-check
import { announce } from "../../components/messages.js";
import { useMemo, useRef, useState } from "../../lib/html.js";
import { useAnalysis } from "./analysis.js";
import { changesOf } from "./changes.js";
import { useDraft } from "./draft.js";
import { useUndoKeys } from "./keys.js";
import { allLayers, get, isBlock, isWithin, layerAt, placeOf } from "./network.js";

/** @typedef {import("./network.js").Layer} Layer */
/** @typedef {import("./network.js").Network} Network */
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
  const view = useView(network);
  const [adding, setAdding] = useState(/** @type {{ list: string, index: number } | null} */ (null));

  /** @type {(done: import("./network.js").Edit | null, options?: import("./changes.js").Options) => void} */
  const edit = (done, options = {}) => {
    if (!done) return;
    change({ type: "edit", network: done.network, group: options.group });
    view.follow(done, options.view);
    if (options.say) announce(options.say);
  };
  const changes = changesOf(network, edit, view.unfold);
  const editor = {
    ...view,
    ...changes,
    edit,
    network,
    moment: history.now,
    analysis,
    descriptions,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    undo: () => {
      change({ type: "undo" });
      announce("Undone");
    },
    redo: () => {
      change({ type: "redo" });
      announce("Redone");
    },
    write: (/** @type {string} */ text) => change({ type: "text", text }),
    /** @type {(next: Network, preprocessing?: string | object) => void} */
    open: (next, preprocessing) => {
      change({ type: "open", network: next, preprocessing });
      view.reset();
    },
    /** What a layer and those in it are drawn from: while it is the same, they are not drawn again. */
    inputsOf: (/** @type {Layer} */ layer, /** @type {string} */ pointer) => {
      const isAround = view.selected !== null && isWithin(view.selected, pointer);
      return [layer, pointer, analysis.factsOf, view.folds, isAround && view.selected, isAround && network];
    },
    adding,
    setAdding,
    /** Asks for a layer, to put it there; without a place, after the selected layer. */
    ask: (list = "", index = 0) => setAdding(list ? { list, index } : placeAfter(network, view.selected)),
    add: (/** @type {Layer} */ layer) => {
      if (adding) changes.insert(adding.list, adding.index, layer);
      setAdding(null);
    },
  };
  useUndoKeys(editor.undo, editor.redo);
  /** Always the same object, so that what was not drawn again uses the latest network, too. */
  const latest = useRef(editor);
  return Object.assign(latest.current, editor);
}

/**
 * What is selected, and which blocks are folded.
 * @param {Network} network
 */
function useView(network) {
  const [wanted, select] = useState(/** @type {string | null} */ (null));
  const [flipped, setFlipped] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  /** The view whose selected layer takes the focus when it is drawn next. */
  const focus = useRef(/** @type {import("./changes.js").View | null} */ (null));
  const isLarge = useMemo(() => allLayers(network).length > manyLayers, [network]);
  const folds = useMemo(() => ({ flipped, isLarge }), [flipped, isLarge]);

  const isFolded = (/** @type {string} */ pointer) => isLarge !== flipped.has(pointer);
  const toggle = (/** @type {string} */ pointer) => setFlipped((old) => flip(old, pointer));
  /** Unfolds the blocks around a place, so that it is seen. */
  const unfold = (/** @type {string} */ pointer) => {
    for (let block = around(pointer); block; block = around(block)) {
      if (isBlock(get(network, block) ?? {}) && isFolded(block)) toggle(block);
    }
  };
  return {
    selected: wanted !== null && get(network, wanted) !== undefined ? wanted : null,
    select: (/** @type {string | null} */ pointer) => {
      if (pointer) unfold(pointer);
      select(pointer);
    },
    focus,
    folds,
    isFolded,
    toggle,
    unfold,
    /** @type {(done: import("./network.js").Edit, view?: import("./changes.js").View) => void} */
    follow: (done, view) => {
      setFlipped((old) => new Set([...old].map(done.moved).filter((place) => place !== null)));
      select(done.pointer);
      if (view) focus.current = view;
    },
    reset: () => {
      setFlipped(new Set());
      select(null);
    },
  };
}

/** The block that a layer is in; "" if it is in none. */
function around(/** @type {string} */ pointer) {
  return layerAt(placeOf(pointer).list);
}

/**
 * Where a layer is added: after the selected one, else at the end.
 * @param {Network} network
 * @param {string | null} selected
 */
function placeAfter(network, selected) {
  if (selected === "/input") return { list: "/layers", index: 0 };
  const { list, index } = placeOf(selected ?? "");
  if (selected && !Number.isNaN(index)) return { list, index: index + 1 };
  return { list: "/layers", index: network.layers?.length ?? 0 };
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
