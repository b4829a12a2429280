// @ts-check
import { Curl } from "../../components/curl.js";
import { Field } from "../../components/field.js";
import { ErrorNote, announce } from "../../components/messages.js";
import { ApiError, path } from "../../lib/api.js";
import { amount, bytes, count } from "../../lib/format.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { upload } from "../../lib/upload.js";
import { batches, nameOf, wrongName } from "./folder.js";
import { PhotoSource } from "./photo-source.js";
import { UploadResult } from "./upload-result.js";

/**
 * What is going to be uploaded.
 * @typedef {object} Chosen
 * @property {string} name of the folder or file
 * @property {File} [zip]
 * @property {import("./folder.js").Placed[]} placed without a zip
 * @property {import("./folder.js").Failure[]} failures files that are left out
 *
 * What became of it.
 * @typedef {object} Uploaded
 * @property {string} dataset
 * @property {number} added
 * @property {number} duplicates photos that were there already
 * @property {number} failed
 * @property {import("./folder.js").Failure[]} failures
 */

/**
 * Takes photos to a data set: choose them, see what they are, upload.
 * @param {{ dataset?: Api.DatasetResponse, taken?: string[], onDone: () => void }} props `dataset`: the one that they
 *   go to; without it, a new one, whose name is asked for. `taken`: names that data sets have already
 */
export function Uploader({ dataset, taken = [], onDone }) {
  const [chosen, setChosen] = useState(/** @type {Chosen | null} */ (null));
  const [name, setName] = useState(dataset?.name ?? "");
  const [progress, setProgress] = useState({ share: 0, text: "" });
  const [result, setResult] = useState(/** @type {Uploaded | null} */ (null));
  const send = useAction(async (signal) => {
    if (!chosen) return;
    try {
      const done = await sendAll(name, chosen, signal, setProgress);
      setResult(done);
      setChosen(null);
      announce(`${amount(done.added, "photo")} added.`);
    } finally {
      onDone(); // some may be there also when it was cancelled
    }
  });
  const choose = (/** @type {Chosen} */ one) => {
    setResult(null);
    setChosen(one);
    if (!dataset) setName(nameOf(one.name) || "photos");
  };
  if (send.isRunning) {
    return html`
      <div class="panel stack" role="group" aria-label="Upload">
        <p>Uploading to <b>${name}</b></p>
        <progress value=${progress.share} max="1" aria-label="Upload"></progress>
        <div class="row between">
          <p class="small quiet">${progress.text}</p>
          <button type="button" onClick=${send.cancel}>Cancel</button>
        </div>
      </div>
    `;
  }
  return html`
    ${result && html`<${UploadResult} result=${result} isHere=${dataset !== undefined} />`}
    ${chosen
      ? html`<${Plan} chosen=${chosen} name=${name} isNew=${!dataset} isTaken=${taken.includes(name)}
        error=${send.error}
          onName=${setName} onUpload=${() => send.run()} onCancel=${() => setChosen(null)} />`
      : html`<${PhotoSource} classes=${dataset?.classes.map(({ label }) => label)} onChosen=${choose} />`}
  `;
}

/**
 * What was chosen, before it is uploaded.
 * @param {{
 *   chosen: Chosen,
 *   name: string,
 *   isNew: boolean,
 *   isTaken: boolean,
 *   error: any,
 *   onName: (name: string) => void,
 *   onUpload: () => void,
 *   onCancel: () => void,
 * }} props
 */
function Plan({ chosen, name, isNew, isTaken, error, onName, onUpload, onCancel }) {
  const wrong = wrongName(name);
  const isEmpty = !chosen.zip && chosen.placed.length === 0;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!wrong && !isEmpty) onUpload();
  };
  return html`
    <form class="panel stack" onSubmit=${submit}>
      <${Summary} chosen=${chosen} />
      ${isNew &&
      html`<${Field} label="Name of the data set" error=${wrong}
        hint=${isTaken ? "There is a data set of that name: the photos are added to it."
          : "Models that are trained on it say this name."}>
        ${(/** @type {object} */ attributes) => html`
          <input ...${attributes} value=${name} maxlength="64" autocomplete="off" spellcheck=${false}
            onInput=${(/** @type {any} */ event) => onName(event.currentTarget.value)} />
        `}
      <//>`}
      <${ErrorNote} error=${error} />
      <div class="row">
        <button class="primary" disabled=${isEmpty || Boolean(wrong)}>Upload</button>
        <button type="button" onClick=${onCancel}>Choose others</button>
      </div>
      ${!wrong && !isEmpty && html`<${Curl} request=${requestsOf(name, chosen)[0].request} />`}
    </form>
  `;
}

/** @param {{ chosen: Chosen }} props */
function Summary({ chosen: { name, zip, placed, failures } }) {
  if (zip) {
    return html`<p><b class="break">${name}</b>, ${bytes(zip.size)}. Its folders become the classes.</p>`;
  }
  /** @type {Map<string, number>} */
  const classes = new Map();
  for (const { label } of placed) classes.set(label, (classes.get(label) ?? 0) + 1);
  const splits = [...new Set(placed.map(({ split }) => split).filter(Boolean))];
  const more = classes.size - 12;
  const labels = [...classes].slice(0, 12).map(([label, images]) => `${label} (${count(images)})`);
  return html`
    <p>
      <b class="break">${name}</b>: ${amount(placed.length, "photo")} in
      ${" "}${amount(classes.size, "class", "classes")},
      ${" "}${bytes(placed.reduce((sum, { file }) => sum + file.size, 0))}.
      ${splits.length > 0 && ` Its folders say the splits: ${splits.join(", ")}.`}
    </p>
    ${placed.length === 0 &&
    html`<p>Put the photos of each class into a folder with the class's name, and choose the folder around them.</p>`}
    ${labels.length > 0 &&
    html`<p class="small quiet break">${labels.join(", ")}${more > 0 && ` and ${count(more)} more`}</p>`}
    ${failures.length > 0 && html`<p class="small quiet">${count(failures.length)} other files are left out.</p>`}
  `;
}

/**
 * @param {string} dataset
 * @param {Chosen} chosen
 * @returns {{ request: import("../../lib/api.js").Request, bytes: number, count: number }[]}
 */
function requestsOf(dataset, { zip, placed }) {
  const to = { method: /** @type {const} */ ("POST"), path: path`v1/datasets/${dataset}/images` };
  if (zip) {
    const body = new File([zip], zip.name, { type: "application/zip" });
    return [{ request: { ...to, body }, bytes: zip.size, count: 1 }];
  }
  return batches(placed).map(({ split, form, bytes, count }) => (
    { request: { ...to, query: { split }, form }, bytes, count }
  ));
}

/**
 * @param {string} dataset
 * @param {Chosen} chosen
 * @param {AbortSignal} signal
 * @param {(progress: { share: number, text: string }) => void} onProgress
 */
async function sendAll(dataset, chosen, signal, onProgress) {
  const requests = requestsOf(dataset, chosen);
  const total = requests.reduce((sum, { bytes }) => sum + bytes, 0);
  /** @type {Uploaded} */
  const all = { dataset, added: 0, duplicates: 0, failed: chosen.failures.length, failures: [...chosen.failures] };
  let before = 0;
  for (const { request, bytes: size, count: files } of requests) {
    /** @type {Api.DatasetUploadResponse | ReturnType<typeof nothingOf>} */
    const one = await upload(request, signal, (sent, length) => {
      const now = before + (size * sent) / length;
      const sofar = `${bytes(now)} of ${bytes(total)}${all.added > 0 ? `, ${count(all.added)} photos added` : ""}`;
      const isSent = sent === length && requests.length === 1;
      const text = isSent ? "All is there. The server reads the photos." : sofar;
      onProgress({ share: total ? now / total : 0, text });
    }).catch((error) => {
      if (requests.length === 1) throw error;
      return nothingOf(files, error);
    });
    before += size;
    all.added += one.added;
    all.duplicates += one.duplicates;
    all.failed += one.failed;
    all.failures.push(...one.failures);
  }
  return all;
}

/**
 * What became of files of which the server took none; other requests may have better ones.
 * @param {number} files
 * @param {unknown} error
 */
function nothingOf(files, error) {
  const places = error instanceof ApiError ? error.errors.filter(({ pointer }) => pointer.startsWith("/")) : [];
  if (places.length === 0) throw error;
  const failures = places.map(({ pointer, detail }) => ({ file_name: pointer.slice(1), detail }));
  return { added: 0, duplicates: 0, failed: files, failures };
}
