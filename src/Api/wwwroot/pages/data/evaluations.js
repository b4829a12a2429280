// @ts-check
import { Curl } from "../../components/curl.js";
import { Select } from "../../components/field.js";
import { Empty, ErrorNote, Loaded } from "../../components/messages.js";
import { useModels } from "../../components/model-select.js";
import { PageHead } from "../../components/page-head.js";
import { isGoing, StateBadge } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { count, time } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";

const splits = [
  { value: "", text: "test, else val, else all" },
  { value: "test", text: "test" },
  { value: "val", text: "val" },
  { value: "train", text: "train: the network knows them" },
  { value: "all", text: "all" },
];

/**
 * Starts an evaluation, and lists those that a version has.
 * @param {{ model: string | undefined, version: number | undefined, query: Record<string, string> }} props
 */
export function EvaluationsView({ model, version, query }) {
  const models = useModels();
  const datasets = useResource(
    async (signal) => /** @type {Api.DatasetListResponse} */ (await json({ path: "v1/datasets" }, signal)).datasets,
    [],
  );
  return html`
    <${PageHead} title="Evaluate" trail=${[{ text: "Train", href: href("data") }]}>
      How good is a version? It scores labelled photos, and what it gets wrong is shown with the photos behind it.
    <//>
    <${Loaded} of=${models} what="Loading the models">
      ${(/** @type {Api.ModelResponse[]} */ list) => html`
        <${Loaded} of=${datasets} what="Loading the data sets">
          ${(/** @type {Api.DatasetSummary[]} */ sets) =>
            list.length === 0 || sets.length === 0
              ? html`<${Empty} title=${sets.length === 0 ? "No data set yet" : "No model yet"}
                  text=${sets.length === 0 ? "An evaluation needs photos, each with its class."
                    : "Train one on a data set."}>
                  <a class="button primary"
                    href=${sets.length === 0 ? href("data") : href("data", ["trainings", "new"])}>
                    ${sets.length === 0 ? "Add photos" : "Train a model"}
                  </a>
                <//>`
              : html`<${Start} models=${list} datasets=${sets} wanted=${{ model, version, dataset: query.dataset }} />`}
        <//>
      `}
    <//>
  `;
}

/**
 * @param {{
 *   models: Api.ModelResponse[],
 *   datasets: Api.DatasetSummary[],
 *   wanted: { model?: string, version?: number, dataset?: string },
 * }} props
 */
function Start({ models, datasets, wanted }) {
  const first =
    models.find(({ name }) => name === (wanted.model ?? wanted.dataset)) ??
    models.find(({ weights }) => weights === "loaded") ??
    models[0];
  const [name, setName] = useState(first.name);
  const model = models.find((one) => one.name === name) ?? first;
  const versions = (model.versions ?? []).map((one) => one.version);
  const [chosen, setChosen] = useState(wanted.version);
  const version = chosen !== undefined && versions.includes(chosen) ? chosen : model.serving.version;
  const trained = model.lineage?.training?.dataset;
  const suggested = [wanted.dataset, trained, model.name].find((one) => datasets.some((set) => set.name === one));
  const [dataset, setDataset] = useState(suggested ?? datasets[0].name);
  const [split, setSplit] = useState("");
  const request = {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${name}/versions/${version}/evaluations`,
    json: { dataset, ...(split && { split }) },
  };
  const start = useAction(async (signal) => {
    /** @type {Api.EvaluationResponse} */
    const { id } = await json(request, signal);
    go("data", ["evaluations", name, version, id]);
  });
  return html`
    <div class="columns">
      <form class="panel stack" onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        start.run();
      }}>
        <h2>New evaluation</h2>
        <${Select} label="Model" value=${name} options=${models.map((one) => one.name)} onChange=${setName} />
        <${Select} label="Version" value=${String(version)}
          hint=${version === model.serving.version ? "It answers by default." : ""}
          options=${versions.map((one) => ({ value: String(one), text: `Version ${one}` }))}
          onChange=${(/** @type {string} */ one) => setChosen(Number(one))} />
        <${Select} label="Data set" value=${dataset} hint="Its classes must be among those of the model."
          options=${datasets.map((one) =>
            ({ value: one.name, text: `${one.name}: ${count(one.images ?? 0)} photos` }))}
          onChange=${setDataset} />
        <${Select} label="Photos" value=${split}
          hint="Those of test say most: nothing was learned from them, and nothing chosen by them."
          options=${splits} onChange=${setSplit} />
        <${ErrorNote} error=${start.error} />
        <div><button class="primary" disabled=${start.isRunning}>Evaluate</button></div>
        <${Curl} request=${request} />
      </form>
      <${Done} key=${`${name}@${version}`} model=${name} version=${version} />
    </div>
  `;
}

/** @param {{ model: string, version: number }} props */
function Done({ model, version }) {
  const list = useResource(
    async (signal) => {
      /** @type {Api.EvaluationListResponse} */
      const { evaluations } = await json({ path: path`v1/models/${model}/versions/${version}/evaluations` }, signal);
      return evaluations;
    },
    [model, version],
    { every: 5000 },
  );
  return html`
    <section class="stack tight" aria-label="Evaluations of ${model}, version ${version}">
      <h2>Version ${version} of ${model}</h2>
      <${Loaded} of=${list} what="Loading the evaluations">
        ${(/** @type {Api.EvaluationResponse[]} */ evaluations) =>
          evaluations.length === 0
            ? html`<p class="quiet">It has not been evaluated yet.</p>`
            : html`<ul class="panel link-list">${evaluations.map((one) =>
              html`<li key=${one.id}><${EvaluationLine} evaluation=${one} /></li>`)}</ul>`}
      <//>
    </section>
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse }} props */
function EvaluationLine({ evaluation }) {
  const { id, model, version, dataset, revision, split, state, images, done, created_at } = evaluation;
  return html`
    <a class="line" href=${href("data", ["evaluations", model, version, id])}>
      <span class="row between"><b class="break">${dataset}, ${split}</b><${StateBadge} state=${state} /></span>
      <span class="row between small quiet">
        <span>Revision ${revision}, ${time(created_at)}</span>
        <span>${isGoing(state) ? `${count(done)} of ${count(images)}` : `${count(images)} photos`}</span>
      </span>
    </a>
  `;
}
