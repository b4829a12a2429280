// @ts-check
import { confirm } from "../../components/dialog.js";
import { Curl } from "../../components/curl.js";
import { ErrorNote, Loaded, announce, toast } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { isGoing, StateBadge } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { amount, time } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { Curves } from "./curves.js";
import { TrainingActions } from "./training-actions.js";
import { Phases, Progress } from "./training-progress.js";
import { TrainingResult } from "./training-result.js";
import { useCourse } from "./use-course.js";

/**
 * A training, live while it runs.
 * @param {{ id: string }} props
 */
export function TrainingView({ id }) {
  const [isBusy, setBusy] = useState(true);
  const training = useResource(
    async (signal) => {
      /** @type {Api.TrainingResponse} */
      const one = await json({ path: path`v1/trainings/${id}` }, signal);
      setBusy(isGoing(one.state));
      return one;
    },
    [id],
    { every: isBusy ? 3000 : undefined },
  );
  const model = training.data?.model;
  return html`
    <${PageHead} title=${model ? `Training of ${model}` : "Training"} trail=${[{ text: "Train", href: href("data") }]}>
      ${training.data ? html`<${Line} training=${training.data} />` : "\u00a0"}
    <//>
    <${Loaded} of=${training} what="Loading the training">
      ${(/** @type {Api.TrainingResponse} */ data) =>
        html`<${Content} training=${data} onChanged=${training.reload} />`}
    <//>
  `;
}

/** @param {{ training: Api.TrainingResponse }} props */
function Line({ training: { dataset, revision, images, classes, from, created } }) {
  const photos = Object.values(images).reduce((sum, n) => sum + n, 0);
  return html`
    ${amount(photos, "photo")} in ${amount(classes.length, "class", "classes")} of
    ${" "}<a href=${href("data", ["datasets", dataset])}>${dataset}</a>, revision ${revision}, from
    ${" "}${from === "architecture" ? "a network of your own" : from}. Asked for on ${time(created)}.
  `;
}

/** @param {{ training: Api.TrainingResponse, onChanged: () => void }} props */
function Content({ training, onChanged }) {
  const { id, state, reason, classes, result, resumed } = training;
  const goes = isGoing(state);
  const { course, error } = useCourse(id, goes, onChanged);
  const before = useRef(state);
  useEffect(() => {
    if (before.current !== state) announce(state === "succeeded" ? "The training is done." : `The training: ${state}.`);
    before.current = state;
  }, [state]);
  const seconds = /** @type {any} */ (training.definition)?.budget?.seconds ?? 60;
  const hasCurves = course && course.steps.length + course.epochs.length > 0;
  const warnings = result?.warnings ?? course?.warnings ?? [];
  return html`
    <div class="stack wide">
      <div class="row">
        <${StateBadge} state=${state} />
        ${resumed > 0 &&
        html`<span class="small quiet">It was interrupted ${amount(resumed, "time")}, and went on.</span>`}
        <span class="grow"></span>
        ${goes
          ? html`<${Cancel} training=${training} onChanged=${onChanged} />`
          : html`<${Forget} training=${training} />`}
      </div>
      ${state === "failed" && html`<div class="note error"><div><p><b>It failed.</b> ${reason}</p></div></div>`}
      ${state === "cancelled" && html`<div class="note"><div><p>${reason ?? "It was cancelled."}</p></div></div>`}
      <${ErrorNote} error=${error} />
      ${warnings.map(({ code, message }) =>
        html`<div key=${code} class="note warning"><div><p>${message}</p></div></div>`)}
      ${result && html`<${TrainingResult} training=${training} result=${result} />`}
      ${training.version && html`<${TrainingActions} training=${training} />`}
      <div class=${goes || hasCurves ? "columns" : ""}>
        <div class="stack wide">
          ${goes && html`<${Progress} training=${training} course=${course} />`}
          ${course && html`<${Phases} training=${training} course=${course} />`}
        </div>
        ${(goes || hasCurves) && html`<${Curves} course=${course} classes=${classes.length} seconds=${seconds} />`}
      </div>
      <${Curl} request=${{ path: path`v1/trainings/${id}` }} title="This page as curl" />
    </div>
  `;
}

/** @param {{ training: Api.TrainingResponse, onChanged: () => void }} props */
function Cancel({ training: { id, model, state }, onChanged }) {
  const request = (/** @type {boolean} */ keep) => ({
    method: /** @type {const} */ ("POST"),
    path: path`v1/trainings/${id}/cancel`,
    query: { keep: keep || undefined },
  });
  const cancel = useAction(async (signal, /** @type {boolean} */ keep) => {
    const yes = await confirm({
      title: keep ? "End now?" : "Cancel the training?",
      text: keep ? `What was best so far becomes a version of ${model}.` : "What it has learned is thrown away.",
      action: keep ? "End and keep" : "Cancel the training",
      request: request(keep),
    });
    if (!yes) return;
    await json(request(keep), signal);
    onChanged();
  });
  return html`
    ${state === "running" &&
    html`<button type="button" disabled=${cancel.isRunning} onClick=${() => cancel.run(true)}>
      End now, keep the best
    </button>`}
    <button type="button" class="danger" disabled=${cancel.isRunning} onClick=${() => cancel.run(false)}>Cancel</button>
    <${ErrorNote} error=${cancel.error} />
  `;
}

/** @param {{ training: Api.TrainingResponse }} props */
function Forget({ training: { id, model, version } }) {
  const request = { method: /** @type {const} */ ("DELETE"), path: path`v1/trainings/${id}` };
  const stays = version ? ` Version ${version} of ${model} stays.` : "";
  const forget = useAction(async (signal) => {
    const yes = await confirm({
      title: "Forget this training?",
      text: `Its record and curves are deleted, which can't be undone.${stays}`,
      action: "Forget",
      request,
    });
    if (!yes) return;
    await json(request, signal);
    toast("The training is forgotten.");
    go("data");
  });
  return html`
    <button type="button" class="danger" disabled=${forget.isRunning} onClick=${() => forget.run()}>Forget</button>
    <${ErrorNote} error=${forget.error} />
  `;
}
