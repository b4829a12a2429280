// @ts-check
import { Curl } from "../../components/curl.js";
import { Dialog } from "../../components/dialog.js";
import { Icon } from "../../components/icon.js";
import { ServerImage } from "../../components/server-image.js";
import { path } from "../../lib/api.js";
import { bytes } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { Relabel } from "./image-bar.js";
import { changeOf } from "./use-images.js";

/**
 * One image, large, with what can be done with it.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   image: Api.DatasetImageResponse,
 *   isBusy: boolean,
 *   last: { text: string, before: any[] } | null,
 *   next: Api.DatasetImageResponse | undefined,
 *   previous: Api.DatasetImageResponse | undefined,
 *   onOpen: (image: Api.DatasetImageResponse | null) => void,
 *   onChange: (ids: string[], change: import("./use-images.js").Change) => void,
 *   onRemove: (ids: string[]) => void,
 *   onUndo: () => void,
 * }} props
 */
export function ImageDialog({ dataset, image, isBusy, last, next, previous, onOpen, onChange, onRemove, onUndo }) {
  const { id, label, split, group, file_name, width, height } = image;
  const name = file_name?.split("/").at(-1) ?? "Photo";
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    const to = { ArrowRight: next, ArrowLeft: previous }[event.key];
    if (to) onOpen(to);
  };
  return html`
    <${Dialog} title=${name} isOpen=${true} onClose=${() => onOpen(null)}>
      <div class="stack" onKeyDown=${keys}>
        <div class="large">
          <${ServerImage} class=${Math.max(width, height) < 128 ? "pixels" : ""} alt="${label}: ${name}"
            request=${{ path: path`v1/datasets/${dataset.name}/images/${id}/thumbnail`, query: { size: 1024 },
              cache: "default" }} />
        </div>
        <dl class="facts">
          <dt>Class</dt><dd><b>${label}</b></dd>
          <dt>Split</dt><dd>${split ?? "none: it is drawn for each training"}</dd>
          ${group && html`<dt>Group</dt><dd>${group}</dd>`}
          <dt>Size</dt><dd>${width} × ${height} pixels, ${bytes(image.bytes)}</dd>
        </dl>
        <fieldset class="row" disabled=${isBusy} aria-label="Changes">
          <${Relabel} classes=${dataset.classes}
            onLabel=${(/** @type {string} */ to) => onChange([id], { label: to })} />
          <select aria-label="Split" value=${split ?? ""}
            onChange=${(/** @type {any} */ event) => onChange([id], { split: event.currentTarget.value || null })}>
            <option value="" selected=${!split}>No split</option>
            ${["train", "val", "test"].map((one) =>
              html`<option key=${one} value=${one} selected=${one === split}>${one}</option>`)}
          </select>
          <button type="button" class="danger" onClick=${() => onRemove([id])}>Remove</button>
        </fieldset>
        <p class="row undo small" role="status">
          ${last && html`<span>${last.text}</span>`}
          ${last && last.before.length > 0 &&
            html`<button type="button" onClick=${onUndo}><${Icon} name="undo" />Undo</button>`}
        </p>
        <${Curl} request=${changeOf(dataset.name, id, { label: "NEW LABEL" })} />
        <div class="row between">
          <div class="row">
            <button type="button" disabled=${!previous} onClick=${() => previous && onOpen(previous)}>Previous</button>
            <button type="button" disabled=${!next} onClick=${() => next && onOpen(next)}>Next</button>
          </div>
          <button type="button" autofocus onClick=${() => onOpen(null)}>Close</button>
        </div>
      </div>
    <//>
  `;
}
