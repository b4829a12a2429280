// @ts-check
import { Curl } from "../../components/curl.js";
import { Field, Select } from "../../components/field.js";
import { ErrorNote, Loaded } from "../../components/messages.js";
import { isGoing } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { count } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { Quantization } from "./quantization.js";

const [fewest, most] = [20, 500]; // photos that the server takes

/**
 * Makes a version of this one that computes with 8-bit integers, where that can be done; else says why not.
 * @param {import("./one.js").PartProps & { of: Api.ModelResponse }} props `of`: the version
 */
export function Quantize({ model, of, mayManage, reload }) {
  if (!mayManage || of.precision === "int8") return null;
  const refusal = refusalOf(of);
  return html`
    <section class="panel stack" aria-labelledby="quantize">
      <h3 id="quantize">Faster with 8-bit integers</h3>
      ${refusal
        ? html`<p class="quiet">Not for this version: ${refusal}</p>`
        : html`<${Runs} model=${model} of=${of} reload=${reload} />`}
    </section>
  `;
}

/**
 * Why the server would refuse a version; null where nothing speaks against it.
 * @param {Api.ModelResponse} version
 */
function refusalOf({ name, state, precision, device, weights, preprocessing }) {
  if (state === "failed") return "it can't be loaded.";
  if (precision !== "float32") return `its precision is ${precision}, and only float32 can be made so.`;
  if (device && device !== "cpu") return `it computes on ${device}, and 8-bit integers are for processors.`;
  if (weights !== "loaded") {
    return html`
      it has random weights, and what is measured with them would not hold for others. <a
        href=${href("data", [], { model: name })}>Train it</a> or <a
        href=${href("models", [name], { tab: "add" })}>load weights</a> first.
    `;
  }
  return preprocessing ? null : "it takes tensors and no photos. The API can calibrate it with tensors.";
}

/** @param {{ model: Api.ModelResponse, of: Api.ModelResponse, reload: () => void }} props */
function Runs({ model, of, reload }) {
  const { name, version } = of;
  const [isBusy, setBusy] = useState(false);
  const runs = useResource(
    async (signal) => {
      /** @type {Api.QuantizationListResponse} */
      const { quantizations } = await json({ path: "v1/quantizations" }, signal);
      const own = quantizations
        .filter(({ from }) => from === `${name}@${version}`)
        .sort((a, b) => b.created.localeCompare(a.created)); // the server knows no order within a second
      setBusy(own.some(({ state }) => isGoing(state)));
      return own;
    },
    [name, version],
    { every: isBusy ? 1000 : 5000 },
  );
  return html`
    <p class="quiet prose">
      Makes a new version whose layers compute with whole numbers of 8 bits instead of decimals of 32: often two to four
      times as fast. Photos such as the model will see show which numbers occur, and every fifth of them measures how
      much the answers change. If that is too much, nothing is made. This version stays as it is.
    </p>
    <${Loaded} of=${runs} what="Loading the quantizations">
      ${(/** @type {Api.QuantizationResponse[]} */ own) => {
        const first = own.find(({ state }) => state === "running") ?? own.findLast(({ state }) => isGoing(state));
        const run = first ?? own[0]; // the next to end, or else the last one
        return html`
          ${run && html`<${Quantization} key=${run.id} model=${model} run=${run} onChanged=${() => {
            runs.reload();
            reload();
          }} />`}
          ${!first &&
          html`<${Form} model=${model} of=${of}
            onStarted=${(/** @type {Api.QuantizationResponse} */ started) => {
              runs.set([started, ...own]);
              runs.reload();
            }} />`}
        `;
      }}
    <//>
  `;
}

/**
 * @param {{
 *   model: Api.ModelResponse, of: Api.ModelResponse, onStarted: (run: Api.QuantizationResponse) => void,
 * }} props
 */
function Form(props) {
  const datasets = useResource(async (signal) => {
    /** @type {Api.DatasetListResponse} */
    const { datasets: all } = await json({ path: "v1/datasets" }, signal);
    return all.filter(({ damage, images }) => !damage && images);
  }, []);
  return html`
    <${Loaded} of=${datasets} what="Loading the data sets">
      ${(/** @type {Api.DatasetSummary[]} */ list) =>
        list.length === 0
          ? html`<p>
              It takes ${fewest} photos or more such as the model will see, and there is no data set with photos
              yet. <a href=${href("data")}>Add photos</a>
            </p>`
          : html`<${Fields} ...${props} datasets=${list} />`}
    <//>
  `;
}

/**
 * @param {{
 *   model: Api.ModelResponse,
 *   of: Api.ModelResponse,
 *   datasets: Api.DatasetSummary[],
 *   onStarted: (run: Api.QuantizationResponse) => void,
 * }} props
 */
function Fields({ model, of, datasets, onStarted }) {
  const named = (/** @type {string | undefined} */ name) => datasets.find((one) => one.name === name);
  const wanted = named(of.lineage?.training?.dataset) ?? named(of.name) ?? datasets[0];
  const [form, setForm] = useState({ dataset: wanted.name, images: "200", agreement: "0.97", change: "0.25" });
  const change = (/** @type {Partial<typeof form>} */ some) => setForm((old) => ({ ...old, ...some }));
  const there = named(form.dataset)?.images ?? 0;
  const wrong = wrongImages(form.images, there);
  const request = {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${of.name}/versions/${of.version}/quantize`,
    query: {
      dataset: form.dataset,
      images: form.images,
      min_agreement: form.agreement,
      max_probability_change: form.change,
    },
    headers: { Prefer: "respond-async" },
  };
  const start = useAction(async (signal) => onStarted(await json(request, signal)));
  const taken = Number(form.images) > there ? `All ${count(there)} are taken. ` : "";
  return html`
    <form class="stack" novalidate onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      if (!wrong) start.run();
    }}>
      <div class="field-grid">
        <${Select} label="Data set" value=${form.dataset} hint="Its labels don't matter."
          options=${datasets.map((one) =>
            ({ value: one.name, text: `${one.name}: ${count(one.images ?? 0)} photos` }))}
          onChange=${(/** @type {string} */ dataset) => change({ dataset })} />
        <${Field} label="Photos" error=${wrong}
          hint="${taken}${fewest} to ${most}, of all classes. More find the numbers better, and take longer.">
          ${(/** @type {object} */ attributes) => html`
            <input ...${attributes} type="number" min=${fewest} max=${most} step="1" value=${form.images}
              onInput=${(/** @type {any} */ event) => change({ images: event.currentTarget.value })} />
          `}
        <//>
      </div>
      <details class="more">
        <summary>How much the answers may change</summary>
        <div class="field-grid">
          <${Share} label="Photos that keep their class, at least" value=${form.agreement}
            hint="Of those that measure; 0.97 is 97 of 100."
            onChange=${(/** @type {string} */ agreement) => change({ agreement })} />
          <${Share} label="Change of a probability, at most" value=${form.change}
            hint="Of any photo and class; 0.25 is from 80 % to 55 %, say."
            onChange=${(/** @type {string} */ value) => change({ change: value })} />
        </div>
      </details>
      <${ErrorNote} error=${start.error} />
      <div class="row">
        <button class="primary" disabled=${start.isRunning || Boolean(wrong)}>Make the version</button>
        <span class="small quiet">
          Some seconds for a small network, some minutes for a large one. It becomes the default
          ${" "}${model.serving.pinned ? "once the present one is unpinned" : "when it is ready"}.
        </span>
      </div>
      ${!wrong && html`<${Curl} request=${request} />`}
    </form>
  `;
}

/** @param {{ label: string, hint: string, value: string, onChange: (value: string) => void }} props */
function Share({ label, hint, value, onChange }) {
  return html`
    <${Field} label=${label} hint=${hint}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} type="number" min="0" max="1" step="any" value=${value}
          onInput=${(/** @type {any} */ event) => onChange(event.currentTarget.value)} />
      `}
    <//>
  `;
}

/**
 * What is wrong with a number of photos.
 * @param {string} images
 * @param {number} there photos in the data set
 */
function wrongImages(images, there) {
  if (there < fewest) return `${fewest} photos are needed, and this data set has ${there}.`;
  const isRight = /^\d+$/.test(images) && Number(images) >= fewest && Number(images) <= most;
  return isRight ? undefined : `A whole number from ${fewest} to ${most}.`;
}
