// @ts-check
import { Icon } from "../../components/icon.js";
import { amount, count } from "../../lib/format.js";
import { html, useState } from "../../lib/html.js";

/**
 * What can be done with the images that are chosen. It stays in view, and keeps its height.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   chosen: Set<string>,
 *   total: number,
 *   changes: ReturnType<import("./use-images.js").useChanges>,
 *   onAll: () => void,
 *   onNone: () => void,
 *   onChange: (ids: string[], change: import("./use-images.js").Change) => void,
 *   onRemove: (ids: string[]) => void,
 * }} props
 */
export function ImageBar({ dataset, chosen, total, changes, onAll, onNone, onChange, onRemove }) {
  const { isRunning, progress, last, undo, cancel } = changes;
  const ids = [...chosen];
  if (isRunning) {
    return html`
      <div class="image-bar" role="status">
        <span>${count(progress.done)} of ${count(progress.of)} photos</span>
        <progress value=${progress.done} max=${progress.of || 1} aria-label="Changes"></progress>
        <button type="button" onClick=${cancel}>Stop</button>
      </div>
    `;
  }
  if (ids.length === 0) {
    return html`
      <div class="image-bar">
        <span role="status">${last ? last.text
          : html`<span class="quiet">${amount(total, "photo")}</span>`}</span>
        ${last && last.before.length > 0 &&
          html`<button type="button" onClick=${undo}><${Icon} name="undo" />Undo</button>`}
        <span class="grow"></span>
        ${total > 0 && html`<button type="button" onClick=${onAll}>Choose all</button>`}
      </div>
    `;
  }
  return html`
    <div class="image-bar">
      <span>${count(ids.length)} chosen</span>
      <${Relabel} classes=${dataset.classes} onLabel=${(/** @type {string} */ label) => onChange(ids, { label })} />
      <select aria-label="Move to a split" value="" onChange=${(/** @type {any} */ event) => {
        onChange(ids, { split: event.currentTarget.value });
        event.currentTarget.value = "";
      }}>
        <option value="" disabled selected>Move to …</option>
        ${["train", "val", "test"].map((split) => html`<option key=${split} value=${split}>${split}</option>`)}
      </select>
      <button type="button" class="danger" onClick=${() => onRemove(ids)}>Remove</button>
      <span class="grow"></span>
      <button type="button" onClick=${onNone}>Choose none</button>
    </div>
  `;
}

/**
 * Another label: one of the classes, or a new one.
 * @param {{ classes: Api.DatasetClassResponse[], onLabel: (label: string) => void }} props
 */
export function Relabel({ classes, onLabel }) {
  const [text, setText] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!text.trim()) return;
    onLabel(text.trim());
    setText("");
  };
  return html`
    <form class="row relabel" onSubmit=${submit}>
      <input list="relabel-classes" aria-label="New label" placeholder="New label" autocomplete="off" value=${text}
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
      <datalist id="relabel-classes">${classes.map(({ label }) =>
        html`<option key=${label} value=${label} />`)}</datalist>
      <button disabled=${!text.trim()}>Relabel</button>
    </form>
  `;
}
