// @ts-check
import { bytes, count, shape } from "../../lib/format.js";
import { html } from "../../lib/html.js";

const formats = {
  safetensors: "a safetensors file",
  pytorch_zip: "a PyTorch file",
  pytorch_legacy: "a PyTorch file of the old kind",
  torchsharp_dat: "a TorchSharp file",
  onnx: "an ONNX file",
};

// Counters of batch norms, which a file may lack.
const isCounter = (/** @type {string} */ name) => name.endsWith("num_batches_tracked");

/**
 * What a weights file had and what the network needs, in words.
 * @param {{ report: Api.WeightsReport }} props
 */
export function Report({ report }) {
  const { loaded, missing, unexpected, more_unexpected, shape_mismatch, renamed, more_renamed } = report;
  return html`
    <div class="stack report">
      <p><strong>${verdict(report)}</strong> ${origin(report)}</p>
      ${report.suggestions.map((text) => html`<p key=${text} class="note"><span>${text}</span></p>`)}
      ${shape_mismatch.length > 0 &&
      html`<${Names} title="Another shape in the file" open=${true} names=${shape_mismatch.map(
        ({ name, expected, found }) => `${name}: the network has ${shape(expected)}, the file ${shape(found)}`,
      )} />`}
      <${Names} title="Missing in the file" names=${missing.filter((name) => !isCounter(name))}
        open=${!report.matches} />
      <${Names} title="In the file, but not in the network" names=${unexpected} more=${more_unexpected} />
      <${Names} title="Loaded" names=${loaded} />
      <${Names} title="Kept for training in PyTorch, not computed with" names=${report.kept.map(({ name }) => name)} />
      <${Names} title="Random where they come from" names=${report.random_at_source} />
      <${Names} title="Converted"
        names=${report.dtype_converted.map(({ name, from, to }) => `${name}: ${from} to ${to}`)} />
      <${Names} title="Renamed" names=${renamed.map(({ from, to }) => `${from} → ${to}`)} more=${more_renamed} />
      <${Names} title="Skipped" names=${report.skipped.map(({ name, found }) => `${name}: ${found}`)} />
      ${report.sha256 && html`<p class="small quiet break">SHA-256 ${report.sha256}</p>`}
    </div>
  `;
}

/** @param {Api.WeightsReport} report */
function verdict({ matches, head, loaded, missing, shape_mismatch }) {
  if (matches) return `All ${count(loaded.length)} tensors fit.`;
  if (loaded.length === 0) return "Nothing of the file fits this network.";
  const bad = missing.filter((name) => !isCounter(name)).length + shape_mismatch.length;
  const rest = `${count(loaded.length)} tensors fit, ${count(bad)} do not.`;
  return head === "random" ? `${rest} The head is random.` : rest;
}

/** @param {Api.WeightsReport} report */
function origin({ format, wrapper, sizes }) {
  const file = format ? `From ${formats[format]}` : "From another version";
  const size = sizes ? `, ${bytes(sizes.file_bytes ?? sizes.loaded_bytes)}` : "";
  return `${file}${size}${wrapper ? `, under the key ${wrapper}` : ""}.`;
}

/** @param {{ title: string, names: string[], more?: number, open?: boolean }} props */
function Names({ title, names, more = 0, open = false }) {
  if (names.length === 0) return null;
  return html`
    <details open=${open}>
      <summary>${title}: ${count(names.length + more)}</summary>
      <ul class="names">
        ${names.slice(0, 200).map((name) => html`<li key=${name}><code>${name}</code></li>`)}
        ${names.length + more > 200 && html`<li class="quiet">and ${count(names.length + more - 200)} more</li>`}
      </ul>
    </details>
  `;
}
