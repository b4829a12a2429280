// @ts-check
import { Curl } from "../../components/curl.js";
import { ErrorNote, announce } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { href } from "../../lib/router.js";

/**
 * What to do with a version that a training made.
 * @param {{ training: Api.TrainingResponse }} props
 */
export function TrainingActions({ training }) {
  const { model, dataset } = training;
  const version = /** @type {number} */ (training.version);
  const current = useResource(
    async (signal) => /** @type {Api.ModelResponse} */ (await json({ path: path`v1/models/${model}` }, signal)),
    [model, version],
  );
  const request = {
    method: /** @type {const} */ ("PATCH"),
    path: path`v1/models/${model}`,
    json: { default_version: version },
  };
  const promote = useAction(async (signal) => {
    await json(request, signal);
    announce(`Version ${version} is the default.`);
    current.reload();
  });
  if (current.error?.status === 404) return html`<p class="note"><span>The model ${model} was deleted.</span></p>`;
  const isDefault = current.data?.serving.version === version;
  return html`
    <div class="stack tight">
      <div class="row">
        <a class="button primary" href=${href("try", [], { model })}>Try it</a>
        <a class="button" href=${href("data", ["evaluations", model, version], { dataset })}>Evaluate it</a>
        <a class="button" href=${href("models", [model])}>Go to the model</a>
        ${current.data && !isDefault &&
        html`<button type="button" disabled=${promote.isRunning}
          onClick=${() => promote.run()}>Make it the default</button>`}
        <span class="small quiet" role="status">
          ${current.data && (isDefault ? `Version ${version} answers by default.`
            : `Version ${current.data.serving.version} answers by default.`)}
        </span>
      </div>
      <${ErrorNote} error=${promote.error ?? current.error} />
      ${current.data && !isDefault && html`<${Curl} request=${request} />`}
    </div>
  `;
}
