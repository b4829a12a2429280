// @ts-check
import { Curl } from "../../components/curl.js";
import { Dialog } from "../../components/dialog.js";
import { ErrorNote, announce } from "../../components/messages.js";
import { ServerImage } from "../../components/server-image.js";
import { json, path } from "../../lib/api.js";
import { percent } from "../../lib/format.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { Thumb } from "./thumb.js";

/**
 * A photo with its label and what a version takes it for.
 * @typedef {Pick<Api.EvaluatedImageResponse, "id" | "file_name" | "label" | "predicted" | "confidence"> & {
 *   label_probability?: number }} Scored
 */

/**
 * Photos that were scored. Each opens large, and can be relabelled.
 * @param {{ evaluation: Pick<Api.EvaluationResponse, "dataset" | "revision">, images: Scored[] }} props
 */
export function ScoredPhotos({ evaluation, images }) {
  const [open, setOpen] = useState(/** @type {Scored | null} */ (null));
  const [relabelled, setRelabelled] = useState(/** @type {Record<string, string>} */ ({}));
  return html`
    <ul class="scored">
      ${images.map((image) => html`
        <li key=${image.id}>
          <button type="button" onClick=${() => setOpen(image)}>
            <${Thumb} dataset=${evaluation.dataset} revision=${evaluation.revision} id=${image.id} alt="" size=${112} />
            <span class="words">
              <span class="label">${relabelled[image.id] ?? image.label}</span>
              ${image.predicted !== image.label && html`<span class="label quiet">→ ${image.predicted}</span>`}
              <span class="quiet">${relabelled[image.id] ? "relabelled" : `${percent(image.confidence)} sure`}</span>
            </span>
          </button>
        </li>
      `)}
    </ul>
    ${open && html`<${Large} evaluation=${evaluation} image=${open} label=${relabelled[open.id] ?? open.label}
      onLabel=${(/** @type {string} */ label) => setRelabelled({ ...relabelled, [open.id]: label })}
      onClose=${() => setOpen(null)} />`}
  `;
}

/**
 * @param {{
 *   evaluation: Pick<Api.EvaluationResponse, "dataset" | "revision">,
 *   image: Scored,
 *   label: string,
 *   onLabel: (label: string) => void,
 *   onClose: () => void,
 * }} props
 */
function Large({ evaluation: { dataset, revision }, image, label, onLabel, onClose }) {
  const at = path`v1/datasets/${dataset}/images/${image.id}`;
  const request = (/** @type {string} */ to) =>
    ({ method: /** @type {const} */ ("PATCH"), path: at, json: { label: to } });
  const relabel = useAction(async (signal, /** @type {string} */ to) => {
    await json(request(to), signal);
    onLabel(to);
    announce(`Relabelled as ${to}.`);
  });
  const isKnown = image.label_probability !== undefined && label === image.label;
  const other = label === image.label ? image.predicted : image.label;
  return html`
    <${Dialog} title=${image.file_name?.split("/").at(-1) ?? "Photo"} isOpen=${true} onClose=${onClose}>
      <div class="large">
        <${ServerImage} alt="${label}"
          request=${{ path: `${at}/thumbnail`, query: { size: 1024, revision }, cache: "default" }} />
      </div>
      <dl class="facts">
        <dt>Label</dt>
        <dd><b>${label}</b>${isKnown && `, ${percent(image.label_probability ?? 0)} by the network`}</dd>
        <dt>Network</dt><dd><b>${image.predicted}</b>, ${percent(image.confidence)}</dd>
      </dl>
      <${ErrorNote} error=${relabel.error} />
      <div class="row end">
        ${other !== label &&
        html`<button type="button" disabled=${relabel.isRunning} onClick=${() => relabel.run(other)}>
          ${label === image.label ? `Relabel as ${other}` : `Undo: ${other} again`}
        </button>`}
        <button type="button" class="primary" autofocus onClick=${onClose}>Close</button>
      </div>
      ${other !== label && html`<${Curl} request=${request(other)} />`}
    <//>
  `;
}
