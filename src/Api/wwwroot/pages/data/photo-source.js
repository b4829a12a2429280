// @ts-check
import { Field } from "../../components/field.js";
import { ErrorNote } from "../../components/messages.js";
import { useAction } from "../../lib/hooks.js";
import { html, useRef, useState } from "../../lib/html.js";
import { openSample } from "../../lib/samples.js";
import { dropped, place } from "./folder.js";

/**
 * Where photos for a data set come from: a folder, a zip, single photos of one class, or the sample.
 * @param {{ classes?: string[], onChosen: (chosen: import("./uploader.js").Chosen) => void }} props `classes`: those of
 *   the data set that the photos go to; without it, there is none yet
 */
export function PhotoSource({ classes, onChosen }) {
  const [isOver, setOver] = useState(false);
  const folder = useRef(/** @type {HTMLInputElement | null} */ (null));
  const zip = useRef(/** @type {HTMLInputElement | null} */ (null));
  const sample = useAction(async (signal) => takeZip(await openSample("samples/clothes.zip", signal)));
  const takeZip = (/** @type {File} */ file) => onChosen({ name: file.name, zip: file, placed: [], failures: [] });
  const takeFiles = (/** @type {{ file: File, path: string }[]} */ files) => {
    if (files.length === 1 && isZip(files[0].file)) return takeZip(files[0].file);
    const name = files[0]?.path.split("/").filter(Boolean)[0] ?? "";
    if (files.length > 0) onChosen({ name, ...place(files) });
  };
  const drop = useAction(async (_, /** @type {DataTransfer} */ transfer) => takeFiles(await dropped(transfer)));
  const events = {
    onDragOver: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer) drop.run(event.dataTransfer);
    },
  };
  return html`
    <div class=${isOver ? "drop over" : "drop"} ...${events}>
      <p>
        Drop a folder or a zip here.
        ${" "}<span class="quiet">Its folders are the classes: <code>cat/1.jpg</code>, <code>dog/1.jpg</code>.</span>
      </p>
      <div class="row center">
        <button type="button" class=${classes ? "" : "primary"}
          onClick=${() => folder.current?.click()}>Choose a folder</button>
        <button type="button" onClick=${() => zip.current?.click()}>Choose a zip</button>
        ${!classes && html`<button type="button" disabled=${sample.isRunning}
          onClick=${() => sample.run()}>Use 120 sample photos</button>`}
      </div>
      <input ref=${folder} type="file" hidden multiple webkitdirectory
        onChange=${(/** @type {any} */ event) => {
          takeFiles([...event.currentTarget.files].map((file) =>
            ({ file, path: file.webkitRelativePath || file.name })));
          event.currentTarget.value = "";
        }} />
      <input ref=${zip} type="file" hidden accept=".zip,application/zip"
        onChange=${(/** @type {any} */ event) => {
          if (event.currentTarget.files[0]) takeZip(event.currentTarget.files[0]);
          event.currentTarget.value = "";
        }} />
      ${classes && html`<${Single} classes=${classes} onChosen=${onChosen} />`}
      <${ErrorNote} error=${sample.error ?? drop.error} />
    </div>
  `;
}

/**
 * Photos of one class.
 * @param {{ classes: string[], onChosen: (chosen: import("./uploader.js").Chosen) => void }} props
 */
function Single({ classes, onChosen }) {
  const [label, setLabel] = useState("");
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const take = (/** @type {File[]} */ files) => {
    const placed = files.map((file) => ({ file, label: label.trim() }));
    if (files.length > 0) onChosen({ name: label.trim(), placed, failures: [] });
  };
  return html`
    <div class="row center end-line">
      <${Field} label="Or photos of one class">
        ${(/** @type {object} */ attributes) => html`
          <input ...${attributes} list="classes" placeholder="Class" autocomplete="off" value=${label}
            onInput=${(/** @type {any} */ event) => setLabel(event.currentTarget.value)} />
        `}
      <//>
      <datalist id="classes">${classes.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
      <button type="button" disabled=${!label.trim()} onClick=${() => input.current?.click()}>Choose photos</button>
      <input ref=${input} type="file" hidden multiple accept="image/*"
        onChange=${(/** @type {any} */ event) => {
          take([...event.currentTarget.files]);
          event.currentTarget.value = "";
        }} />
    </div>
  `;
}

/** @param {File} file */
function isZip(file) {
  return /\.zip$/i.test(file.name) || file.type === "application/zip";
}
