// @ts-check
import { Curl } from "../../components/curl.js";
import { Field, Select } from "../../components/field.js";
import { Empty, ErrorNote, Loaded } from "../../components/messages.js";
import { useModels } from "../../components/model-select.js";
import { PageHead } from "../../components/page-head.js";
import { json, path } from "../../lib/api.js";
import { count } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { wrongName } from "./folder.js";
import { originsOf } from "./origins.js";
import { builderDraft, definitionOf, empty, methods } from "./training-form.js";
import { TrainingPlan } from "./training-plan.js";
import { TrainingSettings } from "./training-settings.js";

const times = [
  { value: "20", text: "20 s" },
  { value: "60", text: "1 min" },
  { value: "300", text: "5 min" },
  { value: "1800", text: "30 min" },
];

/**
 * Starts a training.
 * @param {{ query: Record<string, string> }} props `dataset` and `model`: what is chosen already
 */
export function NewTraining({ query }) {
  const datasets = useResource(
    async (signal) => /** @type {Api.DatasetListResponse} */ (await json({ path: "v1/datasets" }, signal)).datasets,
    [],
  );
  return html`
    <${PageHead} title="New training" trail=${[{ text: "Train", href: href("data") }]}>
      A network learns the classes of a data set. It runs beside the predictions, which go first.
    <//>
    <${Loaded} of=${datasets} what="Loading the data sets">
      ${(/** @type {Api.DatasetSummary[]} */ list) =>
        list.length === 0
          ? html`<${Empty} title="No data set yet" text="A training needs photos, each with its class.">
              <a class="button primary" href=${href("data")}>Add photos</a>
            <//>`
          : html`<${TrainingForm} datasets=${list} query=${query} />`}
    <//>
  `;
}

/** @param {{ datasets: Api.DatasetSummary[], query: Record<string, string> }} props */
function TrainingForm({ datasets, query }) {
  const named = (/** @type {string | undefined} */ name) => datasets.find((one) => one.name === name);
  const wanted = named(query.dataset) ?? named(query.model) ?? datasets[0];
  const [form, setForm] = useState({ ...empty, dataset: wanted.name, model: query.model ?? wanted.name });
  const [draft] = useState(builderDraft);
  const change = (/** @type {Partial<import("./training-form.js").Form>} */ some) =>
    setForm((old) => ({ ...old, ...some }));
  const models = useModels();
  const model = models.data?.find(({ name }) => name === form.model);
  const bases = useResource(
    async (signal) => /** @type {Api.ArchitectureListResponse} */ (await json({ path: "v1/architectures" }, signal)),
    [],
  );
  const dataset = useResource(
    async (signal) =>
      /** @type {Api.DatasetResponse} */ (await json({ path: path`v1/datasets/${form.dataset}` }, signal)),
    [form.dataset],
  );
  const origins = models.data && bases.data ? originsOf({ model, models: models.data, bases: bases.data, draft }) : [];
  const origin = origins.find(({ value }) => value === form.from) ?? origins[0]; // the first is the server's default

  const request = {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${form.model}/trainings`,
    json: definitionOf(
      { ...form, from: origin === origins[0] ? "" : (origin?.value ?? "") },
      { classes: dataset.data?.classes.length ?? 0, draft },
    ),
  };
  const start = useAction(async (signal) => {
    /** @type {Api.TrainingResponse} */
    const { id } = await json(request, signal);
    go("data", ["trainings", id]);
  });
  const wrong = wrongName(form.model);
  const errors = errorsOf(start.error);
  const method = methods.find(({ value }) => value === form.method);
  return html`
    <form class="columns" novalidate onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      if (!wrong) start.run();
    }}>
      <div class="stack">
        <${Select} label="Data set" value=${form.dataset} hint="Its classes become the classes of the model."
          options=${datasets.map(optionOf)}
          onChange=${(/** @type {string} */ name) =>
            change({ dataset: name, ...(form.model === form.dataset && { model: name }) })} />
        <${Field} label="Model" error=${wrong ?? errors["/name"]}
          hint=${model ? "It exists: the result becomes its next version." : "A new name makes a new model."}>
          ${(/** @type {object} */ attributes) => html`
            <input ...${attributes} list="models" value=${form.model} maxlength="64" autocomplete="off"
              spellcheck=${false}
              onInput=${(/** @type {any} */ event) => change({ model: event.currentTarget.value })} />
          `}
        <//>
        <datalist id="models">${(models.data ?? []).map(({ name }) =>
          html`<option key=${name} value=${name} />`)}</datalist>
        <${Select} label="Begin with" value=${origin?.value} hint=${origin?.hint}
          options=${origin ? origins : ["…"]}
          onChange=${(/** @type {string} */ from) => change({ from })} />
        <${Select} label="Method" value=${form.method} hint=${method?.hint} options=${methods}
          onChange=${(/** @type {string} */ value) => change({ method: value })} />
        <${Time} value=${form.seconds} error=${errors["/budget/seconds"]}
          onChange=${(/** @type {string} */ seconds) => change({ seconds })} />
        <${TrainingSettings} form=${form} errors=${errors} onChange=${change} />
      </div>
      <section class="panel stack" aria-label="What will happen">
        <${Loaded} of=${dataset} what="Loading the data set">
          ${(/** @type {Api.DatasetResponse} */ data) =>
            html`<${TrainingPlan} dataset=${data} form=${form} origin=${origin} model=${model} />`}
        <//>
        <${ErrorNote} error=${models.error ?? bases.error} />
        <${ErrorNote} error=${start.error} />
        <div class="row"><button class="primary" disabled=${start.isRunning || Boolean(wrong)}>Train</button></div>
        ${!wrong && html`<${Curl} request=${request} />`}
      </section>
    </form>
  `;
}

/** @param {{ value: string, error: string | undefined, onChange: (value: string) => void }} props */
function Time({ value, error, onChange }) {
  return html`
    <${Field} label="Time, in seconds" error=${error}
      hint="From its start to the result, at most. Small sets are done earlier; with more, each photo is seen again.">
      ${(/** @type {object} */ attributes) => html`
        <div class="row">
          <input ...${attributes} class="seconds" type="number" min="1" step="1" value=${value}
            onInput=${(/** @type {any} */ event) => onChange(event.currentTarget.value)} />
          ${times.map((one) => html`
            <button type="button" key=${one.value} aria-pressed=${value === one.value}
              onClick=${() => onChange(one.value)}>${one.text}</button>
          `)}
        </div>
      `}
    <//>
  `;
}

/** @param {Api.DatasetSummary} dataset */
const optionOf = ({ name, images, classes }) => ({
  value: name,
  text: `${name}: ${count(images ?? 0)} photos, ${count(classes ?? 0)} classes`,
});

/**
 * The errors of a request by their places.
 * @param {any} error
 * @returns {Record<string, string>}
 */
function errorsOf(error) {
  const list = /** @type {Api.ErrorDetail[]} */ (error?.errors ?? []);
  return Object.fromEntries(list.map(({ pointer, detail }) => [pointer ?? "", detail]));
}
