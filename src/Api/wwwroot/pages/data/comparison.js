// @ts-check
import { Curl } from "../../components/curl.js";
import { Select } from "../../components/field.js";
import { ErrorNote, Loaded } from "../../components/messages.js";
import { useModels } from "../../components/model-select.js";
import { isGoing } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { count, percent } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { setQuery } from "../../lib/router.js";
import { pathOf } from "./evaluation-path.js";
import { ScoredPhotos } from "./scored-photos.js";

const parts = /** @type {const} */ ([
  { key: "both_right", right: "both", text: "Both right" },
  { key: "only_first", right: "first", text: "Only this one right" },
  { key: "only_second", right: "second", text: "Only the other right" },
  { key: "both_wrong", right: "neither", text: "Both wrong" },
]);

/**
 * Two versions on the same photos, one by one.
 * @param {{ evaluation: Api.EvaluationResponse, rival: string | undefined }} props `rival`: such as `pets@2`
 */
export function Comparison({ evaluation, rival }) {
  const models = useModels();
  const own = `${evaluation.model}@${evaluation.version}`;
  const all = (models.data ?? []).flatMap(({ name, serving, versions }) =>
    name === evaluation.model ? (versions ?? []).map(({ version }) => `${name}@${version}`).reverse()
      : [`${name}@${serving.version}`]);
  const ownFirst = (/** @type {string} */ a, /** @type {string} */ b) =>
    Number(isOf(b, evaluation.model)) - Number(isOf(a, evaluation.model));
  const rivals = all.filter((one) => one !== own).sort(ownFirst);
  return html`
    <section class="panel stack" aria-labelledby="comparison">
      <header><h2 id="comparison">Compare with another version</h2></header>
      ${models.data && rivals.length === 0
        ? html`<p class="quiet">There is no other version. Train one, and see here on which photos they differ.</p>`
        : html`<${Select} label="The other version" value=${rival ?? ""}
            options=${[{ value: "", text: "Choose one" }, ...rivals.map(optionOf)]}
            onChange=${(/** @type {string} */ one) => setQuery({ with: one || undefined })} />`}
      ${rival && html`<${Versus} key=${rival} evaluation=${evaluation} rival=${rival} />`}
    </section>
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse, rival: string }} props */
function Versus({ evaluation, rival }) {
  const [right, setRight] = useState(/** @type {typeof parts[number]["right"]} */ ("first"));
  const request = { path: `${pathOf(evaluation)}/comparison`, query: { with: rival, right, limit: 24 } };
  const result = useResource(
    async (signal) => /** @type {Api.EvaluationComparisonResponse} */ (await json(request, signal)),
    [evaluation.id, rival, right],
  );
  if (result.error?.code === "evaluation_not_found") {
    return html`<${EvaluateToo} evaluation=${evaluation} rival=${rival} onDone=${result.reload} />`;
  }
  return html`
    <${Loaded} of=${result} what="Comparing">
      ${(/** @type {Api.EvaluationComparisonResponse} */ data) => html`
        <p>${verdict(data)}</p>
        <div class="row" role="group" aria-label="Photos">
          ${parts.map(({ key, right: one, text }) => html`
            <button type="button" key=${key} aria-pressed=${one === right}
              onClick=${() => setRight(one)}>${text}: ${count(data[key])}</button>
          `)}
        </div>
        ${data.page.length === 0
          ? html`<p class="quiet">No such photo.</p>`
          : html`<${ScoredPhotos} evaluation=${evaluation} images=${data.page.map((one) => scored(one, right))} />`}
      `}
    <//>
    <${Curl} request=${request} />
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse, rival: string, onDone: () => void }} props */
function EvaluateToo({ evaluation, rival, onDone }) {
  const { dataset, revision, split } = evaluation;
  const [model, version] = rival.split("@");
  const request = {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${model}/versions/${version}/evaluations`,
    json: { dataset, revision, split },
  };
  const [progress, setProgress] = useState({ done: 0, images: 1 });
  const run = useAction(async (signal) => {
    /** @type {Api.EvaluationResponse} */
    let one = await json(request, signal);
    while (isGoing(one.state)) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      one = await json({ path: pathOf(one) }, signal);
      setProgress(one);
    }
    if (one.state !== "succeeded") throw new Error(one.reason ?? "the evaluation was cancelled.");
    onDone();
  });
  return html`
    <p>${model}, version ${version}, was not evaluated on the same photos yet.</p>
    ${run.isRunning
      ? html`<progress value=${progress.done} max=${progress.images} aria-label="Evaluation"></progress>`
      : html`<div><button type="button" class="primary" onClick=${() => run.run()}>Evaluate it</button></div>`}
    <${ErrorNote} error=${run.error} />
    <${Curl} request=${request} />
  `;
}

/** @param {Api.EvaluationComparisonResponse} data */
function verdict({ only_first, only_second, p_value, images, second }) {
  const other = `${second.model}, version ${second.version}`;
  if (only_first === only_second) return `On ${count(images)} photos, both are right equally often.`;
  const better = only_first > only_second ? "This version" : other;
  const share = percent(Math.abs(only_first - only_second) / Math.max(1, images));
  const more = `${better} is right more often, by ${share} of ${count(images)} photos`;
  const chance = p_value < 0.001 ? "less than 0.1 %" : percent(p_value);
  return p_value < 0.05
    ? `${more}. Chance alone would do so in ${chance} of cases: it probably is better.`
    : `${more}, but chance alone would do so in ${chance} of cases: they may be equally good.`;
}

/**
 * What the version says that is wrong, or this one.
 * @param {Api.ComparedImage} image
 * @param {string} right
 * @returns {import("./scored-photos.js").Scored}
 */
function scored({ id, file_name, label, first, first_confidence, second, second_confidence }, right) {
  const [predicted, confidence] = right === "first" ? [second, second_confidence] : [first, first_confidence];
  return { id, file_name, label, predicted, confidence };
}

/** @param {string} version */
const optionOf = (version) => ({ value: version, text: version.replace("@", ", version ") });

/** @param {string} version @param {string} model */
const isOf = (version, model) => version.startsWith(`${model}@`);
