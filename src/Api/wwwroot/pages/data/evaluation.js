// @ts-check
import { confirm } from "../../components/dialog.js";
import { ErrorNote, Loaded, announce, toast } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { isGoing, StateBadge } from "../../components/state-badge.js";
import { json } from "../../lib/api.js";
import { download } from "../../lib/download.js";
import { count, percent, time } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { pathOf } from "./evaluation-path.js";
import { EvaluationResult } from "./evaluation-result.js";

/**
 * An evaluation: how far it is, and what it found.
 * @param {{ model: string, version: number, id: string, query: Record<string, string> }} props
 */
export function EvaluationView({ model, version, id, query }) {
  const [isBusy, setBusy] = useState(true);
  const evaluation = useResource(
    async (signal) => {
      /** @type {Api.EvaluationResponse} */
      const one = await json({ path: pathOf({ model, version, id }) }, signal);
      setBusy(isGoing(one.state));
      return one;
    },
    [id],
    { every: isBusy ? 1000 : undefined },
  );
  const trail = [
    { text: "Train", href: href("data") },
    { text: `Version ${version} of ${model}`, href: href("data", ["evaluations", model, version]) },
  ];
  return html`
    <${PageHead} title="Evaluation" trail=${trail}>
      ${evaluation.data ? html`<${Line} evaluation=${evaluation.data} />` : "\u00a0"}
    <//>
    <${Loaded} of=${evaluation} what="Loading the evaluation">
      ${(/** @type {Api.EvaluationResponse} */ data) =>
        html`<${Content} evaluation=${data} query=${query} onChanged=${evaluation.reload} />`}
    <//>
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse }} props */
function Line({ evaluation: { model, version, images, split, dataset, revision, created_at } }) {
  return html`
    Version ${version} of <a href=${href("models", [model])}>${model}</a> on ${count(images)}
    ${split === "all" ? " photos" : ` ${split} photos`} of
    ${" "}<a href=${href("data", ["datasets", dataset])}>${dataset}</a>,
    revision ${revision}. ${time(created_at)}.
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse, query: Record<string, string>, onChanged: () => void }} props */
function Content({ evaluation, query, onChanged }) {
  const { state, reason, images, done, result, split } = evaluation;
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== state && result) announce(`${percent(result.accuracy.value)} are right.`);
    before.current = state;
  }, [state]);
  return html`
    <div class="stack wide">
      <div class="row">
        <${StateBadge} state=${state} />
        <span class="grow"></span>
        <${Actions} evaluation=${evaluation} onChanged=${onChanged} />
      </div>
      ${isGoing(state) &&
      html`<section class="panel stack tight" aria-label="Progress">
        <div class="row between">
          <h2>${state === "queued" ? "It waits for another evaluation to end" : "Photos are scored"}</h2>
          <span>${count(done)} of ${count(images)}</span>
        </div>
        <progress value=${done} max=${images || 1} aria-label="Photos that are scored"></progress>
      </section>`}
      ${state === "failed" && html`<div class="note error"><div><p><b>It failed.</b> ${reason}</p></div></div>`}
      ${state === "cancelled" && html`<div class="note"><div><p>It was cancelled.</p></div></div>`}
      ${result && split === "train" &&
      html`<div class="note warning"><div>
        <p>The network may know these photos by heart: figures on train say little.</p>
      </div></div>`}
      ${result && html`<${EvaluationResult} evaluation=${evaluation} result=${result} query=${query} />`}
    </div>
  `;
}

/** @param {{ evaluation: Api.EvaluationResponse, onChanged: () => void }} props */
function Actions({ evaluation, onChanged }) {
  const { model, version, dataset, split, state, result } = evaluation;
  const at = pathOf(evaluation);
  const cancel = useAction(async (signal) => {
    await json({ method: "POST", path: `${at}/cancel` }, signal);
    onChanged();
  });
  const report = useAction((signal) =>
    download({ path: `${at}/report` }, `${model}-${version}-${dataset}-${split}.html`, signal));
  const request = { method: /** @type {const} */ ("DELETE"), path: at };
  const remove = useAction(async (signal) => {
    const yes = await confirm({
      title: "Delete this evaluation?",
      text: "Its figures and its report are deleted. It can be run again.",
      action: "Delete",
      request,
    });
    if (!yes) return;
    await json(request, signal);
    toast("The evaluation is deleted.");
    go("data", ["evaluations", model, version]);
  });
  return html`
    ${result && html`<button type="button" disabled=${report.isRunning}
      onClick=${() => report.run()}>Download the report</button>`}
    ${isGoing(state)
      ? html`<button type="button" class="danger" disabled=${cancel.isRunning}
        onClick=${() => cancel.run()}>Cancel</button>`
      : html`<button type="button" class="danger" disabled=${remove.isRunning}
        onClick=${() => remove.run()}>Delete</button>`}
    <${ErrorNote} error=${cancel.error ?? report.error ?? remove.error} />
  `;
}
