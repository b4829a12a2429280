// @ts-check
import { Icon } from "../../components/icon.js";
import { compact, shape } from "../../lib/format.js";
import { html, useEffect, useMemo, useRef } from "../../lib/html.js";
import { kindOf, summaryOf, titleOf } from "./describe.js";
import { useDrag } from "./drag.js";
import { InputForm } from "./input-form.js";
import { keysOf } from "./keys.js";
import { LayerForm } from "./layer-form.js";
import { isBlock, isLayer, listsOf } from "./network.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./network.js").Layer} Layer */

/**
 * The network as a list: a line for each layer with its numbers; the selected one with its settings.
 * @param {{ editor: Editor }} props
 */
export function LayerList({ editor }) {
  const drag = useDrag(editor, "list");
  const { network, analysis } = editor;
  const layers = Array.isArray(network.layers) ? network.layers : [];
  return html`
    <div class="layers ${analysis.isStale ? "stale" : ""}" data-layers>
      <div class="layer-head small quiet" aria-hidden="true">
        <span>Layer</span><span>Output</span><span>Params</span><span>MACs</span><span>Sees</span>
      </div>
      <${InputRow} editor=${editor} />
      <${Lines} editor=${editor} drag=${drag} layers=${layers} list="/layers" word="layer" />
    </div>
    <p class="small quiet keys">
      Keys: <kbd>↑</kbd> <kbd>↓</kbd> go, <kbd>Alt</kbd> and arrows move, <kbd>A</kbd> adds, <kbd>D</kbd>
      ${" "}duplicates, <kbd>Delete</kbd> removes, <kbd>F</kbd> folds. “Sees” is the receptive field: the side of the
      part of the input that a number depends on, in pixels.
    </p>
  `;
}

/** @param {{ editor: Editor }} props */
function InputRow({ editor }) {
  const { network, analysis } = editor;
  const { input } = network;
  const sizes = Array.isArray(input?.shape) ? input.shape : [input?.channels, input?.height, input?.width];
  const text = shape(sizes.map((/** @type {unknown} */ size) => size ?? "?"));
  return html`
    <div class="layer input">
      <${Line} editor=${editor} pointer="/input">
        <span class="layer-name"><i class="sign other"></i><b>Input</b></span>
        <span class="number">${text}</span>
      <//>
      <${Problems} problems=${analysis.problemsOf(input, "/input")} />
      ${editor.selected === "/input" && html`<${InputForm} editor=${editor} />`}
    </div>
  `;
}

/**
 * A list of layers, and its end.
 * @param {{ editor: Editor, drag: import("./drag.js").Drag, layers: Layer[], list: string, word: string }} props
 */
function Lines({ editor, drag, layers, list, word }) {
  return html`
    <ol>
      ${layers.map((layer, i) => {
        const pointer = `${list}/${i}`;
        return isLayer(layer)
          ? html`<${Item} key=${pointer} editor=${editor} drag=${drag} layer=${layer} pointer=${pointer} />`
          : html`<li key=${pointer} class="layer"><p>No layer: <code>${JSON.stringify(layer)}</code></p></li>`;
      })}
      <li class="layer-end ${drag.over === `end ${list}` ? "drop-before" : ""}" ...${drag.onEnd(list, layers.length)}>
        <button type="button" class="plain small" onClick=${() => editor.ask(list, layers.length)}>
          <${Icon} name="add" />Add a ${word}
        </button>
      </li>
    </ol>
  `;
}

/** @typedef {{ editor: Editor, drag: import("./drag.js").Drag, layer: Layer, pointer: string }} ItemProps */

/** @param {ItemProps} props */
function Item(props) {
  const { editor, drag, layer, pointer } = props;
  return useMemo(() => html`<${ItemBody} ...${props} />`, [...editor.inputsOf(layer, pointer), drag.overIn(pointer)]);
}

/** @param {ItemProps} props */
function ItemBody({ editor, drag, layer, pointer }) {
  const { analysis } = editor;
  const facts = analysis.factsOf(layer, pointer);
  const isFolded = isBlock(layer) && editor.isFolded(pointer);
  const problems = analysis.problemsOf(layer, pointer);
  const title = titleOf(layer);
  const details = [layer.name && layer.name !== layer.type && layer.type, summaryOf(layer)].filter(Boolean).join(", ");
  return html`
    <li class="layer ${drag.classOf(pointer)}" ...${drag.onLayer(pointer)}>
      <div class="layer-row" ...${drag.from(pointer)}>
        ${isBlock(layer) && html`<${Fold} editor=${editor} pointer=${pointer} isFolded=${isFolded} title=${title} />`}
        <${Line} editor=${editor} pointer=${pointer}>
          <span class="layer-name">
            <i class="sign ${kindOf(layer.type)}"></i>
            <b>${layer.name ?? layer.type ?? "no type"}${" "}</b>
            ${details && html`<span class="quiet">${details}</span>`}
          </span>
          <${Numbers} facts=${facts} />
        <//>
      </div>
      <${Problems} problems=${problems} />
      ${
        editor.selected === pointer &&
        html`<${LayerForm} key=${`${pointer} ${layer.type}`} editor=${editor} layer=${layer} pointer=${pointer} />`
      }
      ${isBlock(layer) && !isFolded && html`<${Parts} ...${{ editor, drag, layer, pointer }} />`}
    </li>
  `;
}

/** @param {{ facts: import("./analysis.js").Facts | undefined }} props */
function Numbers({ facts }) {
  const isKnown = facts && !facts.isUnknown;
  const field = isKnown && facts.field ? [...new Set(facts.field)].join(" × ") : "";
  const cost = (/** @type {number | undefined} */ value, /** @type {string} */ unit) => html`
    <span class="number">
      ${!isKnown ? "–" : value ? html`${compact(value)}<span class="visually-hidden"> ${unit}</span>` : ""}
    </span>
  `;
  return html`
    <span class="number">${facts?.shape ? shape(facts.shape.map((size) => size ?? "?")) : "–"}</span>
    ${cost(facts?.parameters, "parameters")}
    ${cost(facts?.macs, "MACs")}
    <span class="number">${field && html`<span class="visually-hidden">sees </span>${field}`}</span>
  `;
}

/**
 * What selects a layer; the one of the list that the keyboard is on.
 * @param {{ editor: Editor, pointer: string, children?: any }} props
 */
function Line({ editor, pointer, children }) {
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const isSelected = editor.selected === pointer;
  useEffect(() => {
    if (!isSelected || editor.focus.current !== "list") return;
    editor.focus.current = null;
    requestAnimationFrame(() => button.current?.focus()); // when the dialog that it was added by is closed
  });
  return html`
    <button type="button" class="layer-line" ref=${button} data-layer=${pointer}
      aria-expanded=${isSelected} onKeyDown=${keysOf(editor, pointer, "list")}
      onClick=${() => editor.select(isSelected ? null : pointer)}>${children}</button>
  `;
}

/** @param {{ editor: Editor, pointer: string, isFolded: boolean, title: string }} props */
function Fold({ editor, pointer, isFolded, title }) {
  return html`
    <button type="button" class="plain fold" aria-expanded=${!isFolded} aria-label=${`What is in ${title}`}
      onClick=${() => editor.toggle(pointer)}><${Icon} name="open" /></button>
  `;
}

/** @param {{ editor: Editor, drag: import("./drag.js").Drag, layer: Layer, pointer: string }} props */
function Parts({ editor, drag, layer, pointer }) {
  return html`
    <div class="layer-parts">
      ${listsOf(layer).map(
        (name) => html`
          <${Lines} key=${name} editor=${editor} drag=${drag} layers=${layer[name]} list=${`${pointer}/${name}`}
            word=${name === "branches" ? "branch" : "layer"} />
        `,
      )}
      ${
        isLayer(layer.shortcut) &&
        html`
        <p class="small quiet">Shortcut around the body</p>
        <ol><${Item} editor=${editor} drag=${drag} layer=${layer.shortcut} pointer=${`${pointer}/shortcut`} /></ol>
      `
      }
    </div>
  `;
}

/** @param {{ problems: import("./analysis.js").Problem[] }} props */
export function Problems({ problems }) {
  return problems.map(
    ({ kind, pointer, detail }) => html`
      <p class="problem small ${kind}" key=${pointer + detail}>
        <${Icon} name="warning" /><span><b>${kind === "error" ? "Error" : "Hint"}:</b> ${detail}</span>
      </p>
    `,
  );
}
