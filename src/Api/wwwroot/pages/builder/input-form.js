// @ts-check
import { Field } from "../../components/field.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { read } from "./layer-form.js";
import { replace } from "./network.js";

/**
 * What goes into the network, and which layer gives the scores.
 * @param {{ editor: import("./editor.js").Editor }} props
 */
export function InputForm({ editor }) {
  const { network } = editor;
  const { shape, channels, height, width } = network.input ?? {};
  const sizes = Array.isArray(shape) ? shape : [channels, height, width];
  const setSizes = (/** @type {string} */ text) => {
    const value = read(text, false);
    const list = [value].flat();
    const input = list.length === 3 ? { channels: list[0], height: list[1], width: list[2] } : { shape: list };
    editor.edit({ ...replace(network, "/input", input), pointer: "/input" }, { group: "/input" });
  };
  const setHead = (/** @type {string} */ text) =>
    editor.edit(
      { ...replace(network, "/head_layer", text.trim() || undefined), pointer: "/input" },
      { group: "head_layer" },
    );
  return html`
    <div class="layer-form">
      <div class="fields">
        <${Text} label="channels, height, width" value=${sizes.join(", ")} onChange=${setSizes}
          hint="Photos have 3 channels, grey ones 1. Other numbers of sizes are for series and volumes." />
        <${Text} label="head_layer" value=${network.head_layer ?? ""} onChange=${setHead}
          placeholder=${editor.analysis.totals?.head_layer ?? ""}
          hint="The key of the layer that gives one score per class; the last layer with weights when left out." />
      </div>
    </div>
  `;
}

/**
 * @param {{ label: string, value: string, hint: string, placeholder?: string, onChange: (text: string) => void }} props
 */
function Text({ label, value, hint, placeholder, onChange }) {
  const [text, setText] = useState(value);
  const [sent, setSent] = useState(value);
  useEffect(() => {
    if (
      value !== sent &&
      value !==
        text
          .split(/[,\s]+/)
          .filter(Boolean)
          .join(", ")
    )
      setText(value);
    setSent(value);
  }, [value]);
  return html`
    <${Field} label=${label} hint=${hint}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} value=${text} placeholder=${placeholder} spellcheck=${false} autocomplete="off"
          onInput=${(/** @type {any} */ event) => {
            setText(event.currentTarget.value);
            onChange(event.currentTarget.value);
          }} />
      `}
    <//>
  `;
}
