// @ts-check
import { Curl } from "../../components/curl.js";
import { confirm } from "../../components/dialog.js";
import { ErrorNote, announce } from "../../components/messages.js";
import { StateBadge, isGoing } from "../../components/state-badge.js";
import { json, path } from "../../lib/api.js";
import { amount, count, time } from "../../lib/format.js";
import { useAction } from "../../lib/hooks.js";
import { html, useEffect, useRef } from "../../lib/html.js";
import { href } from "../../lib/router.js";

/** The phases, in words. @type {Record<string, string>} */
const words = {
  images: "Photos are read",
  ranges: "Ranges of the numbers are chosen",
  times: "Layers are timed",
  version: "Version is made",
};

/**
 * A quantization in the background: how far it is, or what came of it.
 * @param {{ model: Api.ModelResponse, run: Api.QuantizationResponse, onChanged: () => void }} props
 */
export function Quantization({ model, run, onChanged }) {
  const { state } = run;
  const before = useRef(state);
  useEffect(() => {
    if (before.current === state) return;
    before.current = state;
    announce(state === "succeeded" ? `Version ${run.version} is made.` : `The quantization: ${state}.`);
    if (!isGoing(state)) onChanged();
  }, [state]);
  return html`
    <div class="stack tight" aria-label="Quantization" role="group">
      ${isGoing(state)
        ? html`<${Progress} run=${run} onChanged=${onChanged} />`
        : html`<${End} model=${model} run=${run} onChanged=${onChanged} />`}
      <${Curl} request=${{ path: path`v1/quantizations/${run.id}` }} title="curl: how far it is" />
    </div>
  `;
}

/** @param {{ run: Api.QuantizationResponse, onChanged: () => void }} props */
function Progress({ run, onChanged }) {
  const { id, state, phase, progress, resumed, images } = run;
  const request = { method: /** @type {const} */ ("POST"), path: path`v1/quantizations/${id}/cancel` };
  const cancel = useAction(async (signal) => {
    const yes = await confirm({
      title: "Cancel the quantization?",
      text: "What was measured is thrown away, and no version is made.",
      action: "Cancel the quantization",
      request,
    });
    if (!yes) return;
    await json(request, signal);
    onChanged();
  });
  const step = /** @type {{ phase: string, step: number, steps: number } | null} */ (
    progress?.phase === phase ? /** @type {unknown} */ (progress) : null
  );
  const doing = state === "queued" ? "It waits for others to end" : (words[phase ?? "images"] ?? phase);
  return html`
    <div class="row between">
      <span class="row"><${StateBadge} state=${state} /><strong>${doing}</strong></span>
      <button type="button" class="danger" disabled=${cancel.isRunning} onClick=${() => cancel.run()}>Cancel</button>
    </div>
    <progress value=${step ? step.step / step.steps : 0} max="1" aria-label="Progress of the phase"></progress>
    <p class="small quiet">
      ${step ? `Step ${count(step.step)} of ${count(step.steps)}. ` : ""}Calibrated
      with ${amount(images, "photo")}. It goes on when you leave this page.
      ${resumed > 0 && ` It was interrupted ${amount(resumed, "time")}, and began again.`}
    </p>
    <${ErrorNote} error=${cancel.error} />
  `;
}

/** @param {{ model: Api.ModelResponse, run: Api.QuantizationResponse, onChanged: () => void }} props */
function End({ model, run, onChanged }) {
  const { id, state, version, code, reason, ended } = run;
  const request = { method: /** @type {const} */ ("DELETE"), path: path`v1/quantizations/${id}` };
  const forget = useAction(async (signal) => {
    const yes = await confirm({
      title: "Forget this quantization?",
      text: `Its record is deleted, which can't be undone.${version ? ` Version ${version} stays.` : ""}`,
      action: "Forget",
      request,
    });
    if (!yes) return;
    await json(request, signal);
    onChanged();
  });
  const tone = state === "failed" ? (code === "quantization_rejected" ? "warning" : "error") : "";
  const isThere = model.versions?.some((one) => one.version === version);
  const link = html`<a href=${href("models", [model.name], { version: version ?? undefined })}>version ${version}</a>`;
  return html`
    <div class="note ${tone}">
      <div class="stack tight">
        <p>
          ${state === "succeeded" && (isThere ? html`<b>Done:</b> ${link} computes with 8-bit integers.`
            : `It made version ${version}, which is not there any more.`)}
          ${state === "cancelled" && html`<b>Cancelled.</b> Nothing was made.`}
          ${state === "failed" && html`<b>Nothing was made.</b> ${reason} ${code && html`<code>${code}</code>`}`}
        </p>
        <div class="row">
          <button type="button" disabled=${forget.isRunning} onClick=${() => forget.run()}>Forget</button>
          <span class="small quiet">${ended && time(ended)}, with ${amount(run.images, "photo")}.</span>
        </div>
      </div>
    </div>
    <${ErrorNote} error=${forget.error} />
  `;
}
