// @ts-check
import { count } from "../../lib/format.js";
import { html, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";

/**
 * What became of an upload, with the files that were not taken.
 * @param {{ result: import("./uploader.js").Uploaded, isHere: boolean }} props `isHere`: on the page of the data set
 */
export function UploadResult({ result, isHere }) {
  const { dataset, added, duplicates, failed, failures } = result;
  const [isLong, setLong] = useState(false);
  const shown = isLong ? failures : failures.slice(0, 5);
  return html`
    <div class="note ${failed ? "warning" : "good"}">
      <div class="stack tight">
        <p>
          <b>${count(added)} ${added === 1 ? "photo was" : "photos were"} added.</b>${" "}
          ${duplicates > 0 && `${count(duplicates)} were there already. `}
          ${failed > 0 && `${count(failed)} ${failed === 1 ? "file was" : "files were"} not taken:`}
        </p>
        ${failures.length > 0 &&
        html`<ul class="small failures ${isLong ? "long" : ""}" tabindex=${isLong ? 0 : undefined}
          aria-label="Files that were not taken">
          ${shown.map(({ file_name, detail }, i) => html`<li key=${i}><b>${file_name ?? "A file"}</b> ${detail}</li>`)}
        </ul>`}
        ${failures.length > 5 &&
        html`<div><button type="button" class="plain" onClick=${() => setLong(!isLong)}>
          ${isLong ? "Show fewer" : `Show ${failures.length < failed ? "the first " : ""}${count(failures.length)}`}
        </button></div>`}
        ${!isHere && added + duplicates > 0 &&
        html`<div class="row">
          <a class="button primary" href=${href("data", ["trainings", "new"], { dataset })}>Train a model on it</a>
          <a class="button" href=${href("data", ["datasets", dataset])}>Look at ${dataset}</a>
        </div>`}
      </div>
    </div>
  `;
}
