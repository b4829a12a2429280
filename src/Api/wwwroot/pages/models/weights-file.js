// @ts-check
import { Field } from "../../components/field.js";
import { bytes } from "../../lib/format.js";
import { html } from "../../lib/html.js";

/**
 * A choice of a weights file.
 * @param {{ file: File | null, onFile: (file: File | null) => void, hint?: string }} props
 */
export function WeightsFile({ file, onFile, hint }) {
  const text = hint ?? "A state dict that torch.save wrote (.pth), safetensors, TorchSharp's .dat, or ONNX.";
  return html`
    <${Field} label="Weights file" hint=${file ? `${file.name}, ${bytes(file.size)}` : text}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} type="file" accept=".pth,.pt,.bin,.safetensors,.dat,.onnx,.ckpt"
          onChange=${(/** @type {any} */ event) => onFile(event.currentTarget.files[0] ?? null)} />
      `}
    <//>
  `;
}

/** Hears of an upload in bytes, and tells the share of it. */
export const shareOf = (/** @type {(share: number) => void} */ tell) =>
  (/** @type {number} */ sent, /** @type {number} */ all) => tell(all ? sent / all : 0);

/**
 * How much of a file the server has.
 * @param {{ share: number, doing: string }} props
 */
export function Sending({ share, doing }) {
  return html`
    <div class="stack" role="status">
      <progress value=${share} max="1" aria-label="Upload"></progress>
      <p class="small quiet">${share < 1 ? `${Math.floor(share * 100)} % is sent` : doing}</p>
    </div>
  `;
}

/**
 * The parts of a file's address in a checkpoint, where several fit.
 * @param {{
 *   stateDict: string,
 *   prefix: string,
 *   onChange: (change: { stateDict?: string, prefix?: string }) => void,
 * }} props
 */
export function FileParts({ stateDict, prefix, onChange }) {
  return html`
    <details>
      <summary class="small">The file holds several sets of weights</summary>
      <div class="columns parts">
        <${Field} label="State dict" hint="Such as model_ema; a dot is the file's own.">
          ${(/** @type {object} */ attributes) => html`<input ...${attributes} value=${stateDict}
            onInput=${(/** @type {any} */ event) => onChange({ stateDict: event.currentTarget.value })} />`}
        <//>
        <${Field} label="Prefix" hint="Of the names, such as encoder_q.">
          ${(/** @type {object} */ attributes) => html`<input ...${attributes} value=${prefix}
            onInput=${(/** @type {any} */ event) => onChange({ prefix: event.currentTarget.value })} />`}
        <//>
      </div>
    </details>
  `;
}
