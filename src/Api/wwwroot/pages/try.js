// @ts-check
import { Curl } from "../components/curl.js";
import { ErrorNote, Empty, Loaded, announce } from "../components/messages.js";
import { ModelSelect, useModels } from "../components/model-select.js";
import { PageHead } from "../components/page-head.js";
import { PhotoPicker } from "../components/photo-picker.js";
import { FirstModel } from "../components/first-model.js";
import { SeenPhoto } from "../components/seen-photo.js";
import { ScoreBars } from "../components/score-bars.js";
import { json, path } from "../lib/api.js";
import { milliseconds, percent } from "../lib/format.js";
import { useResource } from "../lib/hooks.js";
import { html, useState } from "../lib/html.js";
import { href, setQuery } from "../lib/router.js";
import { openSample } from "../lib/samples.js";

/**
 * A photo goes in, class scores come out.
 * @param {{ route: import("../lib/router.js").Route }} props
 */
export function Page({ route }) {
  const models = useModels();
  const [photo, setPhoto] = useState(/** @type {File | null} */ (null));
  const firstModel = async (/** @type {string} */ name) => {
    models.reload();
    setQuery({ model: name });
    setPhoto(await openSample("samples/bag.png"));
  };
  return html`
    <${PageHead} title="Try">Give a model a photo, and see its scores and what led to them.<//>
    <${Loaded} of=${models} what="Loading the models">
      ${(/** @type {Api.ModelResponse[]} */ list) =>
        list.length === 0
          ? html`<${FirstModel} onReady=${firstModel} />`
          : html`<${Trial} models=${list} wanted=${route.query.model} photo=${photo} onPhoto=${setPhoto} />`}
    <//>
  `;
}

/**
 * @param {{
 *   models: Api.ModelResponse[],
 *   wanted: string | undefined,
 *   photo: File | null,
 *   onPhoto: (photo: File) => void,
 * }} props
 */
function Trial({ models, wanted, photo, onPhoto }) {
  const named = models.find(({ name }) => name === wanted);
  const model = named ?? models.find(({ weights }) => weights === "loaded") ?? models[0];
  const request = photo && {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${model.name}/predict`,
    query: { top_k: Math.min(model.num_classes ?? 1000, 1000) },
    body: photo,
  };
  const answer = useResource(
    async (signal) => {
      if (!request) return undefined;
      const result = /** @type {Api.PredictResponse} */ (await json(request, signal));
      const [best] = result.predictions[0].top ?? [];
      if (best) announce(`${best.label ?? best.class_index}, ${percent(best.probability)}`);
      return result;
    },
    [model.name, model.version, photo],
  );
  const isPicture = model.input_shape?.length === 3;
  return html`
    ${wanted && wanted !== model.name &&
    html`<p class="note warning"><span>There is no model ${wanted} any more; this is ${model.name}.</span></p>`}
    <div class="columns">
      <section class="stack" aria-label="Photo">
        <${ModelSelect} models=${models} value=${model.name}
          onChange=${(/** @type {string} */ name) => setQuery({ model: name })} />
        ${isPicture
          ? html`<${PhotoPicker} onPhoto=${onPhoto} of=${model.labels?.includes("Ankle boot") ? "clothes" : "photos"}>
              ${photo && html`<${SeenPhoto} key=${model.name} photo=${photo} model=${model} />`}
            <//>`
          : html`<${Empty} title="Not a model of photos"
              text="Its input is no picture: send it numbers by the API." />`}
      </section>
      <section class="panel stack" aria-label="Scores" aria-busy=${answer.isLoading}>
        <header>
          <h2>Scores</h2>
          <a class="small" href=${href("models", [model.name])}>${model.name}, version ${model.version}</a>
        </header>
        ${model.weights !== "loaded" && html`<${RandomNote} model=${model} />`}
        <${ErrorNote} error=${answer.error} retry=${answer.reload} />
        ${answer.data
          ? html`<${Result} result=${answer.data} />`
          : !answer.error && html`<p class="quiet">${photo ? "" : "Choose a photo, or one of the samples."}</p>`}
        ${request && html`<${Curl} request=${request} />`}
      </section>
    </div>
  `;
}

/** @param {{ model: Api.ModelResponse }} props */
function RandomNote({ model }) {
  return html`
    <div class="note warning">
      <p>
        ${model.weights === "random" ? "All" : "Some"} weights of this model are random:
        its answers mean nothing yet.
        Either <a href=${href("data", [], { model: model.name })}>train it</a>, or
        bring <a href=${href("models", [model.name], { tab: "add" })}>weights</a>.
      </p>
    </div>
  `;
}

/** @param {{ result: Api.PredictResponse }} props */
function Result({ result }) {
  const [prediction] = result.predictions;
  if (prediction.error) return html`<div class="note error" role="alert"><p>${prediction.error.detail}</p></div>`;
  const classes = (prediction.top ?? []).map(({ label, class_index, probability }) => ({
    label: label ?? `Class ${class_index}`,
    probability,
  }));
  const { decode, queue, inference } = result.timing_ms;
  return html`
    <${ScoreBars} classes=${classes} />
    <p class="small quiet">
      ${milliseconds(inference)} in the network, ${milliseconds(decode ?? 0)} to decode the photo,${" "}
      ${milliseconds(queue)} waiting
    </p>
  `;
}
