// @ts-check
import { Icon } from "../../components/icon.js";
import { html, useEffect, useMemo, useRef } from "../../lib/html.js";
import { kindOf, summaryOf, titleOf } from "./describe.js";
import { useDrag } from "./drag.js";
import { keysOf } from "./keys.js";
import { isBlock, isLayer, listsOf } from "./network.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./network.js").Layer} Layer */
/** @typedef {{ editor: Editor, drag: import("./drag.js").Drag, pointer: string }} Part */

/**
 * The network as a drawing, from the input on the left to the output on the right: each layer as tall as its side and
 * as wide as its channels, both on a logarithmic scale.
 * @param {{ editor: Editor }} props
 */
export function Graph({ editor }) {
  const drag = useDrag(editor, "graph");
  const { network, analysis, selected } = editor;
  const layers = Array.isArray(network.layers) ? network.layers : [];
  const first = selected?.startsWith("/layers") ? selected : "/input";
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const box = element.current;
    const chosen = selected && box?.querySelector(`[data-layer="${selected}"]`);
    if (!box || !chosen) return;
    const [left, right] = [chosen.getBoundingClientRect().left, chosen.getBoundingClientRect().right];
    const view = box.getBoundingClientRect();
    if (left < view.left || right > view.right) box.scrollLeft += left - view.left - (view.width - (right - left)) / 2;
  }, [selected]);
  return html`
    <div ref=${element} class="graph ${analysis.isStale ? "stale" : ""}" role="group" data-layers
      aria-label="Drawing of the network">
      <div class="g-row">
        <${Cell} editor=${editor} drag=${drag} pointer="/input" first=${first} title="Input" kind="input"
          shape=${inputShape(network)} />
        <${Row} editor=${editor} drag=${drag} layers=${layers} pointer="/layers" first=${first} />
      </div>
    </div>
  `;
}

/** @param {Part & { layers: Layer[], first: string }} props */
function Row({ editor, drag, layers, pointer: list, first }) {
  return html`
    <div class="g-row">
      ${layers.map((layer, i) => {
        const pointer = `${list}/${i}`;
        return isLayer(layer) && html`<${Node} key=${pointer} ...${{ editor, drag, layer, pointer, first }} />`;
      })}
      <div class="g-gap ${drag.over === `end ${list}` ? "drop-before" : ""}" ...${drag.onEnd(list, layers.length)}>
        <button type="button" class="icon" tabindex="-1" title="Add a layer" aria-label="Add a layer"
          onClick=${() => editor.ask(list, layers.length)}><${Icon} name="add" /></button>
      </div>
    </div>
  `;
}

/** @param {Part & { layer: Layer, first: string }} props */
function Node(props) {
  const { editor, drag, layer, pointer } = props;
  return useMemo(() => html`<${NodeBody} ...${props} />`, [...editor.inputsOf(layer, pointer), drag.overIn(pointer)]);
}

/** @param {Part & { layer: Layer, first: string }} props */
function NodeBody(props) {
  const { editor, drag, layer, pointer } = props;
  if (isBlock(layer) && !editor.isFolded(pointer)) return html`<${Block} ...${props} />`;
  const shape = editor.analysis.factsOf(layer, pointer)?.shape;
  const problems = editor.analysis.problemsOf(layer, pointer);
  return html`
    <${Cell} editor=${editor} drag=${drag} pointer=${pointer} first=${props.first} shape=${shape} layer=${layer}
      title=${titleOf(layer)} kind=${kindOf(layer.type)} problem=${problems[0]?.kind} />
  `;
}

/** @param {Part & { layer: Layer, first: string }} props */
function Block({ editor, drag, layer, pointer, first }) {
  const shared = { editor, drag, first };
  const isSelected = editor.selected === pointer;
  const problem = editor.analysis.problemsOf(layer, pointer)[0]?.kind ?? "";
  const rows = listsOf(layer).map((name) => ({
    list: `${pointer}/${name}`,
    layers: /** @type {Layer[]} */ (layer[name]),
  }));
  const type = isLayer(layer.shortcut) ? "columns" : layer.type;
  return html`
    <div class="g-block g-${type} ${isSelected ? "selected" : ""} ${problem} ${drag.classOf(pointer)}"
      ...${drag.onLayer(pointer)}>
      <${BlockHead} editor=${editor} drag=${drag} layer=${layer} pointer=${pointer} first=${first} />
      <div class="g-lanes">
        ${
          isLayer(layer.shortcut) &&
          html`
            <div class="g-lane"><${Node} ...${shared} layer=${layer.shortcut} pointer=${`${pointer}/shortcut`} /></div>
          `
        }
        ${
          layer.type === "concat"
            ? rows.map(
                ({ list, layers }) => html`<${Branches} ...${shared} key=${list} list=${list} layers=${layers} />`,
              )
            : rows.map(
                ({ list, layers }) => html`
              <div class="g-lane" key=${list}><${Row} ...${shared} layers=${layers} pointer=${list} /></div>
            `,
              )
        }
      </div>
      ${layer.type === "residual" && html`<span class="g-sum" title="The sum">+</span>`}
    </div>
  `;
}

/** @param {Omit<Part, "pointer"> & { list: string, layers: Layer[], first: string }} props */
function Branches({ editor, drag, list, layers, first }) {
  return layers.map((layer, i) => {
    const pointer = `${list}/${i}`;
    return html`
      <div class="g-lane" key=${pointer}>
        <${Node} editor=${editor} drag=${drag} layer=${layer} pointer=${pointer} first=${first} />
      </div>
    `;
  });
}

/** @param {Part & { layer: Layer, first: string }} props */
function BlockHead({ editor, drag, layer, pointer, first }) {
  const words =
    layer.type === "repeat" ? `× ${layer.times ?? "?"}` : [layer.name, layer.type].filter(Boolean).join(" · ");
  return html`
    <div class="g-head">
      <button type="button" class="plain fold" tabindex="-1" aria-expanded="true" aria-label=${`Fold ${titleOf(layer)}`}
        onClick=${() => editor.toggle(pointer)}><${Icon} name="open" /></button>
      <${Handle} editor=${editor} drag=${drag} pointer=${pointer} first=${first} class="plain g-title">
        ${words}
      <//>
    </div>
  `;
}

/**
 * @param {Part & {
 *   first: string,
 *   shape: (number | null)[] | undefined,
 *   title: string,
 *   kind: string,
 *   layer?: Layer,
 *   problem?: "error" | "warning",
 * }} props
 */
function Cell({ editor, drag, pointer, first, shape, title, kind, layer, problem }) {
  const isBlockCell = layer !== undefined && isBlock(layer);
  const text = shape?.map((size) => size ?? "?").join("×") ?? "–";
  const mark = problem ? `, ${problem === "error" ? "has an error" : "has a hint"}` : "";
  return html`
    <div class="g-cell ${drag.classOf(pointer)}" ...${pointer === "/input" ? {} : drag.onLayer(pointer)}>
      ${
        isBlockCell &&
        html`<button type="button" class="plain fold" tabindex="-1" aria-expanded="false"
          aria-label=${`Unfold ${title}`}
        onClick=${() => editor.toggle(pointer)}><${Icon} name="open" /></button>`
      }
      <${Handle} editor=${editor} drag=${drag} pointer=${pointer} first=${first} class="g-layer"
        hint=${layer ? `${title} ${summaryOf(layer)}` : title}>
        <span class="g-area">
          <i class="g-shape ${kind} ${shape ? "" : "unknown"}" style=${sizeOf(shape)}></i>
          ${problem && html`<span class="g-mark ${problem}"><${Icon} name="warning" /></span>`}
        </span>
        <span class="g-name">${layer?.name ?? layer?.type ?? title}</span>
        <span class="g-size">${text}<span class="visually-hidden">${mark}</span></span>
      <//>
    </div>
  `;
}

/** @param {Part & { first: string, class: string, hint?: string, children?: any }} props */
function Handle({ editor, drag, pointer, first, class: name, hint, children }) {
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const isSelected = editor.selected === pointer;
  useEffect(() => {
    if (!isSelected || editor.focus.current !== "graph") return;
    editor.focus.current = null;
    requestAnimationFrame(() => button.current?.focus()); // when the dialog that it was added by is closed
  });
  return html`
    <button type="button" ref=${button} class=${name} data-layer=${pointer} title=${hint}
      aria-pressed=${isSelected} tabindex=${pointer === first ? 0 : -1}
      ...${pointer === "/input" ? {} : drag.from(pointer)}
      onKeyDown=${keysOf(editor, pointer, "graph")} onClick=${() => editor.select(isSelected ? null : pointer)}
      onDblClick=${() => editor.toggle(pointer)}>${children}</button>
  `;
}

/** @param {import("./network.js").Network} network */
function inputShape({ input }) {
  const sizes = Array.isArray(input?.shape) ? input.shape : [input?.channels, input?.height, input?.width];
  return sizes.every((/** @type {unknown} */ size) => typeof size === "number") ? sizes : undefined;
}

/** @param {(number | null)[] | undefined} shape */
function sizeOf(shape) {
  const [channels, side = 1] = shape ?? [];
  const scale = (/** @type {number} */ value, /** @type {number} */ most) =>
    Math.min(1, Math.log2(1 + value) / Math.log2(1 + most));
  return {
    height: `${Math.round(4 + 84 * scale(side ?? 1, 256))}px`,
    width: `${Math.round(2 + 70 * scale(channels ?? 1, 2048))}px`,
  };
}
