// @ts-check
import { Field, Select } from "../../components/field.js";
import { Icon } from "../../components/icon.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { activations, newLayer } from "./describe.js";
import { placeOf, replace } from "./network.js";
import { Picture } from "./picture.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./network.js").Layer} Layer */
/** @typedef {{ editor: Editor, layer: Layer, pointer: string }} Props */

/** The parameters that are seen at once, beside those that a layer needs. */
const common = ["stride", "padding", "bias", "p", "names", "activation", "inline", "negative_slope"];

/**
 * The settings of the selected layer, as a form that the server's description of its type makes.
 * @param {Props} props
 */
export function LayerForm({ editor, layer, pointer }) {
  const description = editor.descriptions.find(({ type }) => type === layer.type);
  const known = (description?.parameters ?? []).filter(
    ({ type, name }) => type !== "list of layers" && name !== "shortcut",
  );
  const first = known.filter(({ name, required }) => required || common.includes(name));
  const rest = known.filter((one) => !first.includes(one));
  const [isOpen] = useState(() => rest.some(({ name }) => name !== "name" && name in layer));
  const fields = (/** @type {Api.LayerParameter[]} */ parameters) =>
    parameters.map(
      (parameter) => html`<${Parameter} key=${parameter.name} ...${{ editor, layer, pointer, parameter }} />`,
    );
  return html`
    <div class="layer-form">
      <p class="small quiet">${description?.meaning ?? "The server does not know this type of layer."}</p>
      ${first.length > 0 && html`<div class="fields">${fields(first)}</div>`}
      ${
        rest.length > 0 &&
        html`
          <details open=${isOpen}><summary>More settings</summary><div class="fields">${fields(rest)}</div></details>
        `
      }
      <${Picture} editor=${editor} layer=${layer} pointer=${pointer} />
      <${Actions} editor=${editor} layer=${layer} pointer=${pointer} />
    </div>
  `;
}

/** @param {Props} props */
function Actions({ editor, layer, pointer }) {
  const { list, index } = placeOf(pointer);
  const isInList = !Number.isNaN(index);
  const { network, analysis } = editor;
  const addShortcut = () => {
    const channels = analysis.factsOf(layer, pointer)?.shape?.[0] ?? 16;
    const shortcut = { ...newLayer("conv2d", channels), out_channels: channels, kernel_size: 1, padding: undefined };
    editor.edit(replace(network, `${pointer}/shortcut`, JSON.parse(JSON.stringify(shortcut))), {
      say: "Shortcut added",
    });
  };
  return html`
    <div class="row">
      ${
        isInList &&
        html`
        <button type="button" onClick=${() => editor.ask(list, index + 1)}><${Icon} name="add" />Add after</button>
        <button type="button" class="icon" title="Move up" aria-label="Move up"
          onClick=${() => editor.step(pointer, "back", "list")}><${Icon} name="up" /></button>
        <button type="button" class="icon" title="Move down" aria-label="Move down"
          onClick=${() => editor.step(pointer, "on", "list")}><${Icon} name="down" /></button>
        <button type="button" onClick=${() => editor.duplicate(pointer, "list")}>Duplicate</button>
      `
      }
      ${
        layer.type === "residual" &&
        !layer.shortcut &&
        html`<button type="button" onClick=${addShortcut}>Add a shortcut</button>`
      }
      <button type="button" class="icon" title="Remove" aria-label="Remove"
        onClick=${() => editor.remove(pointer, "list")}><${Icon} name="remove" /></button>
    </div>
  `;
}

/** @param {Props & { parameter: Api.LayerParameter }} props */
function Parameter({ editor, layer, pointer, parameter }) {
  const { name, type, values, default: standard } = parameter;
  const place = `${pointer}/${name}`;
  const value = layer[name];
  const error = editor.analysis.problemsOf(layer, pointer).find((one) => one.kind === "error" && one.pointer === place);
  const set = (/** @type {unknown} */ next) =>
    editor.edit({ ...replace(editor.network, place, next), pointer }, { group: place });
  const common = { name, value, error: error?.detail, hint: hintOf(parameter), onChange: set };
  if (type === "boolean") {
    const options = ["true", "false"].map((text) => ({ value: text, text: text === "true" ? "yes" : "no" }));
    const shown = String(value ?? standard ?? false);
    return html`<${Choice} ...${common} value=${shown} options=${options}
      onChange=${(/** @type {string} */ text) =>
        set(text === String(standard ?? false) ? undefined : text === "true")} />`;
  }
  if (values || type === "layer") {
    const texts = values ?? activations;
    const shown = typeof value === "object" ? value?.type : value;
    const none = type === "layer" ? "none" : `default (${standard ?? "none"})`;
    const options = [...(parameter.required ? [] : [{ value: "", text: none }]), ...texts];
    return html`<${Choice} ...${common} value=${shown ?? ""} options=${options}
      onChange=${(/** @type {string} */ text) => set(text || undefined)} />`;
  }
  return html`<${Value} ...${common} isText=${type === "string"} placeholder=${standard ?? ""} />`;
}

/**
 * @param {{ name: string, value: string, hint: string, error?: string, options: any[],
 *   onChange: (text: string) => void }} props
 */
function Choice({ name, value, hint, error, options, onChange }) {
  return html`<${Select} label=${name} value=${value} options=${options} onChange=${onChange} hint=${error ?? hint} />`;
}

/**
 * A number, numbers with commas between them, or a text. What can't be read goes on as a text, and the server says
 * what is wrong with it.
 * @param {{ name: string, value: any, hint: string, error?: string, isText: boolean, placeholder: string,
 *   onChange: (value: unknown) => void }} props
 */
function Value({ name, value, hint, error, isText, placeholder, onChange }) {
  const [text, setText] = useState(() => write(value));
  useEffect(() => {
    if (write(read(text, isText)) !== write(value)) setText(write(value));
  }, [write(value)]);
  return html`
    <${Field} label=${name} hint=${hint} error=${error}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} value=${text} placeholder=${placeholder} spellcheck=${false} autocomplete="off"
          inputmode=${isText ? "text" : "decimal"}
          onInput=${(/** @type {any} */ event) => {
            setText(event.currentTarget.value);
            onChange(read(event.currentTarget.value, isText));
          }} />
      `}
    <//>
  `;
}

/** @param {Api.LayerParameter} parameter */
function hintOf({ meaning, minimum, maximum }) {
  if (minimum === undefined || minimum === null || /at least/.test(meaning)) return meaning;
  return `${meaning} ${maximum === undefined || maximum === null ? `(≥ ${minimum})` : `(${minimum} to ${maximum})`}`;
}

/** @param {any} value */
function write(value) {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * @param {string} text
 * @param {boolean} isText
 */
export function read(text, isText) {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  if (isText) return trimmed;
  const parts = trimmed
    .replace(/^\[|\]$/g, "")
    .split(/[,×x]\s*|\s+/)
    .filter(Boolean);
  const numbers = parts.map(Number);
  if (numbers.some(Number.isNaN)) return trimmed;
  return numbers.length === 1 && !trimmed.startsWith("[") ? numbers[0] : numbers;
}
