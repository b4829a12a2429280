// @ts-check
import { Curl } from "../../components/curl.js";
import { ErrorNote, announce, toast } from "../../components/messages.js";
import { ApiError, path } from "../../lib/api.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { upload } from "../../lib/upload.js";
import { Report } from "./report.js";
import { FileParts, Sending, WeightsFile, shareOf } from "./weights-file.js";

/**
 * A new version from a weights file: checked first, then added.
 * @param {import("./one.js").PartProps} props
 */
export function AddVersion({ model, reload }) {
  const { name, serving: { pinned } } = model;
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [parts, setParts] = useState({ stateDict: "", prefix: "" });
  const [isPartial, setPartial] = useState(false);
  const [share, setShare] = useState(0);
  const [report, setReport] = useState(/** @type {Api.WeightsReport | null} */ (null));
  const query = { state_dict: parts.stateDict, prefix: parts.prefix };
  const body = file ?? new File([], "weights.pth");
  const check = { method: /** @type {const} */ ("POST"), path: path`v1/models/${name}/weights/check`, query, body };
  const add = {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${name}/versions`,
    query: { ...query, allow_partial: isPartial || undefined },
    form: { weights: body },
  };
  const checking = useAction(async (signal) => {
    setReport(null);
    setShare(0);
    const answer = /** @type {Api.WeightsReport} */ (await upload(check, signal, shareOf(setShare)));
    setReport(answer);
    announce(answer.matches ? "The file fits." : "The file does not fit as a whole.");
  });
  const adding = useAction(async (signal) => {
    setShare(0);
    const { version, samples } = /** @type {Api.ModelResponse} */ (await upload(add, signal, shareOf(setShare)));
    const result = samples?.held_back ? "held back: see its golden samples" : "ready";
    toast(`Version ${version} is ${result}.`);
    reload();
    go("models", [name], { version });
  });
  const choose = (/** @type {File | null} */ chosen) => {
    setFile(chosen);
    setReport(null);
    if (chosen) setTimeout(() => checking.run());
  };
  const isBusy = checking.isRunning || adding.isRunning;
  const refused = adding.error instanceof ApiError && adding.error.problem.report;
  return html`
    <div class="columns">
      <section class="panel stack" aria-labelledby="add-file">
        <h2 id="add-file">New weights for the same network</h2>
        <p class="quiet">
          The new version becomes the default ${pinned ? "once the present one is unpinned" : "when it is ready"}.
          The others stay. To train on this server instead, go to <a
            href=${href("data", [], { model: name })}>Train</a>.
        </p>
        <${WeightsFile} file=${file} onFile=${choose} />
        <${FileParts} ...${parts} onChange=${(/** @type {object} */ change) => setParts({ ...parts, ...change })} />
        <label class="check"><input type="checkbox" checked=${isPartial}
          onChange=${(/** @type {any} */ event) => setPartial(event.currentTarget.checked)} />
          Load what fits, and leave the rest random</label>
        <div class="row">
          <button type="button" disabled=${!file || isBusy} onClick=${() => checking.run()}>Check again</button>
          <button type="button" class="primary" disabled=${!file || isBusy}
            onClick=${() => adding.run()}>Add the version</button>
          ${isBusy &&
          html`<button type="button" onClick=${checking.isRunning ? checking.cancel : adding.cancel}>Cancel</button>`}
        </div>
        ${isBusy && html`<${Sending} share=${share}
          doing=${checking.isRunning ? "Comparing …" : "Building and warming up …"} />`}
        <${Curl} title="curl: check" request=${check} />
        <${Curl} title="curl: add" request=${add} />
      </section>
      <section class="panel stack" aria-labelledby="add-report">
        <h2 id="add-report">Will it fit?</h2>
        <${ErrorNote} error=${checking.error} />
        <${ErrorNote} error=${adding.error} />
        ${refused && html`<${Report} report=${refused} />`}
        ${report && !refused && html`<${Report} report=${report} />`}
        ${!report && !refused && !checking.error &&
        html`<p class="quiet">
          Choose a file: the server compares its tensors with the network's, and keeps nothing of it.
        </p>`}
      </section>
    </div>
  `;
}
