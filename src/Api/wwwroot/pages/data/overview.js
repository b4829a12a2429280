// @ts-check
import { Empty, ErrorNote, Loaded } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { isGoing, StateBadge } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { amount, count, percent, time } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { Thumb } from "./thumb.js";
import { Uploader } from "./uploader.js";

/** Data sets and trainings at a glance, and how to begin. */
export function Overview() {
  const datasets = useResource(
    async (signal) => /** @type {Api.DatasetListResponse} */ (await json({ path: "v1/datasets" }, signal)).datasets,
    [],
  );
  const [isBusy, setBusy] = useState(false);
  const trainings = useResource(
    async (signal) => {
      /** @type {Api.TrainingListResponse} */
      const { trainings: all } = await json({ path: "v1/trainings" }, signal);
      setBusy(all.some(({ state }) => isGoing(state)));
      return all;
    },
    [],
    { every: isBusy ? 2000 : 15_000 },
  );
  const head = html`
    <${PageHead} title="Train">
      Folders of photos become a model: data sets, trainings, and how good the result is.
    <//>
  `;
  if (datasets.error?.status === 403 && trainings.error?.status === 403) {
    return html`${head}<${ErrorNote} error=${datasets.error} />`;
  }
  const names = datasets.data?.map(({ name }) => name);
  return html`
    ${head}
    <div class="columns">
      <section class="stack" aria-label="Data sets">
        <div class="row between">
          <h2>Data sets</h2>
          ${names && names.length > 0 && html`<span class="small quiet">${count(names.length)}</span>`}
        </div>
        <${Loaded} of=${datasets} what="Loading the data sets">
          ${(/** @type {Api.DatasetSummary[]} */ list) => html`<${DatasetList} datasets=${list} />`}
        <//>
        ${names && html`<h3>${names.length > 0 ? "Another data set" : "Begin with photos"}</h3>`}
        ${names && html`<${Uploader} taken=${names} onDone=${datasets.reload} />`}
      </section>
      <section class="stack" aria-label="Trainings">
        <div class="row between">
          <h2>Trainings</h2>
          ${names && names.length > 0 &&
            html`<a class="button" href=${href("data", ["trainings", "new"])}>New training</a>`}
        </div>
        <${Loaded} of=${trainings} what="Loading the trainings">
          ${(/** @type {Api.TrainingResponse[]} */ list) =>
            list.length > 0
              ? html`<${TrainingList} trainings=${list} />`
              : html`<${Empty} title="No training yet"
                  text=${names?.length
                    ? "Train a model on one of the data sets: half a minute is enough for some hundred photos."
                    : "Upload photos first: some twenty of each class are a good start."}>
                  ${Boolean(names?.length) &&
                    html`<a class="button primary" href=${href("data", ["trainings", "new"])}>Train a model</a>`}
                <//>`}
        <//>
      </section>
    </div>
  `;
}

/** @param {{ datasets: Api.DatasetSummary[] }} props */
function DatasetList({ datasets }) {
  const [isLong, setLong] = useState(false);
  const newest = [...datasets].sort((a, b) => (b.changed_at ?? "").localeCompare(a.changed_at ?? ""));
  return html`
    <ul class="stack tight">
      ${(isLong ? newest : newest.slice(0, 6)).map((dataset) =>
        html`<li key=${dataset.name}><${DatasetCard} dataset=${dataset} /></li>`)}
    </ul>
    ${datasets.length > 6 &&
    html`<div><button type="button" class="plain" onClick=${() => setLong(!isLong)}>
      ${isLong ? "Show the last 6" : `Show all ${count(datasets.length)}`}
    </button></div>`}
  `;
}

/** @param {{ dataset: Api.DatasetSummary }} props */
function DatasetCard({ dataset: { name, images, classes, changed_at, revision, damage } }) {
  if (damage) {
    return html`<div class="note error"><div><p><b>${name}</b> can't be read: ${damage}</p></div></div>`;
  }
  return html`
    <a class="panel card" href=${href("data", ["datasets", name])}>
      <span class="words">
        <b class="break">${name}</b>
        <span class="small quiet">
          ${amount(images ?? 0, "photo")}, ${amount(classes ?? 0, "class", "classes")}
        </span>
        <span class="small quiet">${changed_at && time(changed_at)}</span>
      </span>
      <${Glimpse} name=${name} revision=${revision} />
    </a>
  `;
}

/**
 * Some photos of different classes.
 * @param {{ name: string, revision: number | null | undefined }} props
 */
function Glimpse({ name, revision }) {
  const some = useResource(
    async (signal) => {
      /** @type {Api.DatasetImageListResponse} */
      const { images } = await json({ path: path`v1/datasets/${name}/images`, query: { limit: 100, revision } },
        signal);
      const firsts = images.filter(({ label }, i) => images.findIndex((other) => other.label === label) === i);
      return [...new Set([...firsts, ...images])].filter(({ purged }) => !purged).slice(0, 4);
    },
    [name, revision],
  );
  return html`
    <span class="glimpse">
      ${some.data?.map(
        ({ id }) => html`<${Thumb} key=${id} dataset=${name} id=${id} alt="" size=${56} />`,
      )}
    </span>
  `;
}

/** @param {{ trainings: Api.TrainingResponse[] }} props */
function TrainingList({ trainings }) {
  const [isLong, setLong] = useState(false);
  const shown = isLong ? trainings.slice(0, 200) : trainings.slice(0, 8);
  return html`
    <ul class="panel link-list">
      ${shown.map((training) => html`<li key=${training.id}><${TrainingLine} training=${training} /></li>`)}
    </ul>
    ${trainings.length > 8 &&
    html`<div><button type="button" class="plain" onClick=${() => setLong(!isLong)}>
      ${isLong ? "Show the last 8" : `Show ${trainings.length > 200 ? "the last 200" : `all ${trainings.length}`}`}
    </button></div>`}
  `;
}

/** @param {{ training: Api.TrainingResponse }} props */
function TrainingLine({ training: { id, model, dataset, state, created, result, version, images } }) {
  const figures = result?.test ?? result?.val;
  const photos = Object.values(images).reduce((sum, n) => sum + n, 0);
  return html`
    <a class="line" href=${href("data", ["trainings", id])}>
      <span class="row between">
        <b class="break">${model}${version !== undefined && version !== null ? `, version ${version}` : ""}</b>
        <${StateBadge} state=${state} />
      </span>
      <span class="row between small quiet">
        <span class="break">${dataset}, ${count(photos)} photos, ${time(created)}</span>
        <span>${figures ? `${percent(figures.accuracy)} right` : ""}</span>
      </span>
    </a>
  `;
}
