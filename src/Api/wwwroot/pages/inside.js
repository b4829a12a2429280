// @ts-check
import { Empty, Loaded } from "../components/messages.js";
import { ModelSelect, useModels } from "../components/model-select.js";
import { PageHead } from "../components/page-head.js";
import { PhotoPicker } from "../components/photo-picker.js";
import { useObjectUrl } from "../lib/hooks.js";
import { html, useEffect, useState } from "../lib/html.js";
import { href, setQuery } from "../lib/router.js";
import { openSample, samples } from "../lib/samples.js";
import { Arithmetic } from "./inside/arithmetic.js";
import { Filters } from "./inside/filters.js";
import { LayerList, useLayers } from "./inside/layers.js";
import { FeatureMaps } from "./inside/maps.js";
import { Lines } from "./inside/lines.js";

/**
 * What the layers of a network make of a photo.
 * @param {{ route: import("../lib/router.js").Route }} props
 */
export function Page({ route }) {
  const models = useModels();
  return html`
    <${PageHead} title="Inside">What each layer makes of a photo, down to the arithmetic of one number.<//>
    <${Loaded} of=${models} what="Loading the models">
      ${(/** @type {Api.ModelResponse[]} */ list) => html`<${Chosen} models=${list} query=${route.query} />`}
    <//>
  `;
}

/** @param {{ models: Api.ModelResponse[], query: Record<string, string> }} props */
function Chosen({ models, query }) {
  const model =
    models.find(({ name }) => name === query.model) ?? models.find(({ weights }) => weights === "loaded") ?? models[0];
  const kind = !model || model.labels?.includes("Ankle boot") ? "clothes" : "photos";
  const [photo, setPhoto] = useState(/** @type {File | null} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    const first = /** @type {import("../lib/samples.js").Sample} */ (samples.find(({ of }) => of === kind));
    if (!photo) openSample(first.file, abort.signal).then(setPhoto, () => {});
    return () => abort.abort();
  }, [kind]);
  const url = useObjectUrl(photo);
  const choose = (/** @type {string} */ name) => setQuery({ model: name, layer: undefined });
  const isPicture = model?.input_shape?.length === 3;
  const isTiny = photo?.name.endsWith(".png");
  return html`
    <div class="stack inside">
      <div class="columns">
        <div class="stack">
          ${model && html`<${ModelSelect} models=${models} value=${model.name} onChange=${choose} />`}
          <${PhotoPicker} onPhoto=${setPhoto} of=${kind}>
            ${url && photo && html`<img src=${url} alt="The photo ${photo.name}" decoding="async"
              class="inside-photo ${isTiny ? "pixels" : ""}" />`}
          <//>
        </div>
        ${!model
          ? html`<${Empty} title="There is no model to look into" text="Make one, and its layers are shown here.">
              <a class="button primary" href=${href("try")}>Train a first model</a>
            <//>`
          : isPicture
            ? html`<${LayerPanel} model=${model} wanted=${query.layer} />`
            : html`<${Empty} title="Not a model of photos" text="Its input is no picture." />`}
      </div>
      ${model && isPicture && photo && html`<${Views} key=${model.name} model=${model} photo=${photo}
        wanted=${query.layer} />`}
      ${photo && html`<${Lines} photo=${photo} />`}
    </div>
  `;
}

/** @param {{ model: Api.ModelResponse, wanted: string | undefined }} props */
function LayerPanel({ model, wanted }) {
  const layers = useLayers(model);
  return html`
    <${Loaded} of=${layers} what="Loading the layers">
      ${(/** @type {import("./inside/layers.js").Layer[]} */ list) => html`<${LayerList} layers=${list}
        wanted=${wanted} />`}
    <//>
  `;
}

/** @param {import("./inside/layers.js").Layer} layer */
const isConvolution = ({ type }) => /^conv[123]d$/.test(type);

/** @param {{ model: Api.ModelResponse, photo: File, wanted: string | undefined }} props */
function Views({ model, photo, wanted }) {
  const { data: layers } = useLayers(model);
  if (!layers) return null;
  const layer = layers.find(({ key }) => key === wanted) ?? layers[0];
  if (!layer) return html`<${Empty} title="No layers" text="The network has none." />`;
  return html`
    <${FeatureMaps} key=${layer.key} model=${model} photo=${photo} layer=${layer} />
    ${isConvolution(layer) &&
    html`<${Filters} key="filters-${layer.key}" model=${model} layer=${layer}
      isFirst=${layer === layers.find(isConvolution)} />`}
    <${Arithmetic} model=${model} photo=${photo} layers=${layers} />
  `;
}
