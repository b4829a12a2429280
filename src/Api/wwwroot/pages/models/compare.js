// @ts-check
import { Curl } from "../../components/curl.js";
import { Select } from "../../components/field.js";
import { Empty, ErrorNote, Loading } from "../../components/messages.js";
import { PhotoPicker } from "../../components/photo-picker.js";
import { json, path } from "../../lib/api.js";
import { percent } from "../../lib/format.js";
import { useObjectUrl, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { setQuery } from "../../lib/router.js";

/**
 * Two versions beside each other on the same photos.
 * @param {import("./one.js").PartProps} props
 */
export function Compare({ model, query }) {
  const [photos, setPhotos] = useState(/** @type {{ id: number, file: File }[]} */ ([]));
  const numbers = (model.versions ?? []).filter(({ state }) => state !== "failed").map(({ version }) => version);
  if (numbers.length < 2) {
    return html`<${Empty} title="There are no two versions to compare"
      text="Train the model, or add a version: then both can be asked about the same photos here." />`;
  }
  const known = (/** @type {string | undefined} */ text, /** @type {number} */ otherwise) =>
    numbers.includes(Number(text)) ? Number(text) : otherwise;
  const right = known(query.right, model.serving.version);
  const left = known(query.left, numbers.findLast((version) => version !== right) ?? numbers[0]);
  const options = numbers.toReversed().map((version) => ({
    value: String(version),
    text: `Version ${version}${version === model.serving.version ? " (default)" : ""}`,
  }));
  const add = (/** @type {File} */ file) =>
    setPhotos((old) => [{ id: (old[0]?.id ?? 0) + 1, file }, ...old].slice(0, 50));
  return html`
    <div class="stack">
      <div class="row versions-choice">
        <${Select} label="One" value=${String(left)} options=${options}
          onChange=${(/** @type {string} */ value) => setQuery({ left: value })} />
        <${Select} label="The other" value=${String(right)} options=${options}
          onChange=${(/** @type {string} */ value) => setQuery({ right: value })} />
      </div>
      <${PhotoPicker} onPhoto=${add} of=${model.labels?.includes("Ankle boot") ? "clothes" : "photos"} />
      ${photos.length > 0 && html`<p class="row small"><span class="key-left">Version ${left}</span>
        <span class="key-right">Version ${right}</span></p>`}
      <div class="stack" role="log" aria-label="Results">
        ${photos.map(({ id, file }) => html`<${Pair} key=${id} photo=${file} name=${model.name} left=${left}
          right=${right} />`)}
      </div>
      ${photos[0] && html`<${Curl} request=${predict(model.name, left, photos[0].file)} />`}
    </div>
  `;
}

/**
 * @param {string} name
 * @param {number} version
 * @param {File} body
 */
function predict(name, version, body) {
  const address = path`v1/models/${name}/versions/${version}/predict`;
  return { method: /** @type {const} */ ("POST"), path: address, query: { top_k: 1000 }, body };
}

/** @param {{ photo: File, name: string, left: number, right: number }} props */
function Pair({ photo, name, left, right }) {
  const url = useObjectUrl(photo);
  const first = useScores(name, left, photo);
  const second = useScores(name, right, photo);
  const error = first.error ?? second.error;
  return html`
    <article class="panel compared" aria-label=${photo.name}>
      ${url && html`<img src=${url} alt=${photo.name} class="pixels" />`}
      <div class="stack">
        ${error && html`<${ErrorNote} error=${error} />`}
        ${first.data && second.data
          ? html`<${Bars} left=${first.data} right=${second.data} names=${[left, right]} />`
          : !error && html`<${Loading} what="Asking both" />`}
      </div>
    </article>
  `;
}

/**
 * @param {string} name
 * @param {number} version
 * @param {File} photo
 */
function useScores(name, version, photo) {
  return useResource(
    async (signal) => {
      /** @type {Api.PredictResponse} */
      const { predictions } = await json(predict(name, version, photo), signal);
      if (predictions[0].error) throw new Error(predictions[0].error.detail);
      return predictions[0].top ?? [];
    },
    [name, version, photo],
  );
}

/**
 * The best classes of both, with a bar of each.
 * @param {{ left: Api.TopClassResponse[], right: Api.TopClassResponse[], names: number[] }} props
 */
function Bars({ left, right, names }) {
  const label = (/** @type {Api.TopClassResponse} */ one) => one.label ?? `Class ${one.class_index}`;
  const byLabel = (/** @type {Api.TopClassResponse[]} */ top) =>
    new Map(top.map((one) => [label(one), one.probability]));
  const [a, b] = [byLabel(left), byLabel(right)];
  const best = (/** @type {string} */ name) => Math.max(a.get(name) ?? 0, b.get(name) ?? 0);
  const shown = [...new Set([...a.keys(), ...b.keys()])].sort((one, other) => best(other) - best(one)).slice(0, 6);
  const agree = left[0] && right[0] && label(left[0]) === label(right[0]);
  return html`
    <p class="small">
      ${agree
        ? `Both say ${label(left[0])}.`
        : html`<strong>They differ:</strong> ${label(left[0])} (${names[0]}), ${label(right[0])} (${names[1]}).`}
    </p>
    <ul class="double">
      ${shown.map(
        (name) => html`
          <li key=${name}>
            <span class="label" title=${name}>${name}</span>
            <${Bar} share=${a.get(name) ?? 0} side="left" version=${names[0]} />
            <${Bar} share=${b.get(name) ?? 0} side="right" version=${names[1]} />
          </li>
        `,
      )}
    </ul>
  `;
}

/** @param {{ share: number, side: "left" | "right", version: number }} props */
function Bar({ share, side, version }) {
  return html`
    <span class="track ${side}" aria-hidden="true"><span style=${{ transform: `scaleX(${share})` }}></span></span>
    <span class="value"><span class="visually-hidden">version ${version}: </span>${percent(share)}</span>
  `;
}
