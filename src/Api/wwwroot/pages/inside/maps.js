// @ts-check
import { Curl } from "../../components/curl.js";
import { Select } from "../../components/field.js";
import { Loaded } from "../../components/messages.js";
import { ServerImage } from "../../components/server-image.js";
import { json, path } from "../../lib/api.js";
import { count, percent } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { Paging } from "./paging.js";

const pageSize = 64;
const scales = [
  { value: "", text: "Each channel its own scale" },
  { value: "true", text: "One scale for all" },
];
const colours = [
  { value: "viridis", text: "Viridis: dark is little, yellow is much" },
  { value: "gray", text: "Grey: black is little, white is much" },
];

/**
 * What a layer gives for a photo: a picture of each channel.
 * @param {{ model: Api.ModelResponse, photo: File, layer: import("./layers.js").Layer }} props
 */
export function FeatureMaps({ model, photo, layer }) {
  const [first, setFirst] = useState(0);
  const [together, setTogether] = useState("");
  const [colors, setColors] = useState("viridis");
  const [chosen, setChosen] = useState(0);
  const request = (/** @type {object} */ query) => ({
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${model.name}/features`,
    query: { layer: layer.key, channels: `${first}-${first + pageSize - 1}`, together, colors, ...query },
    body: photo,
  });
  const figures = useResource(
    (signal) => /** @type {Promise<Api.FeatureResponse>} */ (json(request({ output: "json" }), signal)),
    [photo, model.name, model.version, layer.key, first],
  );
  const goTo = (/** @type {number} */ next) => {
    setFirst(next);
    setChosen(next);
  };
  return html`
    <section class="panel stack" aria-labelledby="maps" aria-busy=${figures.isLoading}>
      <header>
        <h2 id="maps">What <code>${layer.key}</code> gives</h2>
        <span class="quiet small">${layer.type}</span>
      </header>
      ${(!figures.data || hasPlaces(figures.data)) &&
      html`<div class="row maps-tools">
        <${Select} label="Scale" value=${together} options=${scales} onChange=${setTogether} />
        <${Select} label="Colours" value=${colors} options=${colours} onChange=${setColors} />
      </div>`}
      <${Loaded} of=${figures} what="Computing">
        ${(/** @type {Api.FeatureResponse} */ data) => html`
          <p>${summary(data)}</p>
          ${hasPlaces(data)
            ? html`<div class="maps">
                <${Grid} data=${data} chosen=${chosen} onChoose=${setChosen}
                  picture=${request({ output: "grid", legend: together && "true" })} />
                <${One} data=${data} chosen=${chosen} request=${request} />
              </div>`
            : html`<${Outputs} data=${data} labels=${model.labels} />`}
          <${Paging} what="Channels" first=${first} shown=${data.statistics.length} size=${pageSize} total=${data.total}
            onChange=${goTo} />
        `}
      <//>
      <${Curl} request=${request({ output: "grid" })} />
    </section>
  `;
}

/** Whether a channel is a map, and no single number. @param {Api.FeatureResponse} data */
const hasPlaces = ({ shape: [, ...places] }) => places.some((size) => size > 1);

/**
 * Channels of one number each, as bars.
 * @param {{ data: Api.FeatureResponse, labels: string[] | null | undefined }} props
 */
function Outputs({ data: { statistics, first, total }, labels }) {
  const most = Math.max(1e-9, ...statistics.map(({ mean }) => Math.abs(mean)));
  return html`
    <ol class="outputs">
      ${statistics.map(({ mean }, index) => {
        const name = (labels?.length === total && labels[first + index]) || `Channel ${first + index}`;
        return html`
          <li key=${index}>
            <span class="name" title=${name}>${name}</span>
            <span class="track ${mean < 0 ? "below" : ""}" aria-hidden="true">
              <span style=${{ width: `${(100 * Math.abs(mean)) / most}%` }}></span>
            </span>
            <span class="value">${mean < 0 ? "−" : ""}${Math.abs(mean).toPrecision(3)}</span>
          </li>
        `;
      })}
    </ol>
  `;
}

/** @param {Api.FeatureResponse} data */
function summary({ total, shape: [, ...places], statistics, first }) {
  const dead = statistics.flatMap(({ zero }, index) => (zero === 1 ? [first + index] : []));
  const size = places.length ? places.join(" × ") : "one number";
  const what = `${count(total)} channel${total === 1 ? "" : "s"} of ${size}.`;
  if (dead.length === 0) return `${what} None of those shown is dead: each gives something for this photo.`;
  const named = dead.slice(0, 8).join(", ") + (dead.length > 8 ? ", …" : "");
  const are = dead.length === 1 ? "is" : "are";
  return `${what} ${dead.length} of those shown ${are} dead for this photo, zero everywhere: ${named}.`;
}

/**
 * The server's picture of the channels, each of which can be chosen.
 * @param {{
 *   data: Api.FeatureResponse,
 *   chosen: number,
 *   onChoose: (channel: number) => void,
 *   picture: import("../../lib/api.js").Request,
 * }} props
 */
function Grid({ data, chosen, onChoose, picture }) {
  const { statistics, first } = data;
  const columns = Math.ceil(Math.sqrt(statistics.length));
  const hasLegend = Boolean(picture.query?.legend);
  const choose = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = chosen + step;
    if (next < first || next >= first + statistics.length) return;
    onChoose(next);
    const grid = /** @type {HTMLElement} */ (event.currentTarget);
    /** @type {HTMLElement} */ (grid.children[next - first])?.focus();
  };
  return html`
    <div class="map-grid" style=${{ width: `min(100%, ${140 * columns}px)` }}>
      <${ServerImage} request=${picture} class="pixels" alt="${statistics.length} channels as pictures" />
      ${!hasLegend &&
      html`<div class="map-tiles" role="group" aria-label="Channels" onKeyDown=${choose}
        style=${{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
        ${statistics.map(
          ({ zero }, index) => html`
            <button type="button" key=${index} class=${zero === 1 ? "dead" : ""}
              aria-pressed=${first + index === chosen}
              tabindex=${first + index === chosen ? 0 : -1}
                title="Channel ${first + index}${zero === 1 ? ", dead" : ""}"
              aria-label="Channel ${first + index}${zero === 1 ? ", dead" : ""}"
              onClick=${() => onChoose(first + index)}></button>
          `,
        )}
      </div>`}
    </div>
  `;
}

/**
 * One channel, large, and its figures.
 * @param {{
 *   data: Api.FeatureResponse,
 *   chosen: number,
 *   request: (query: object) => import("../../lib/api.js").Request,
 * }} props
 */
function One({ data, chosen, request }) {
  const figures = data.statistics[chosen - data.first];
  if (!figures) return null;
  const { mean, std, min, max, zero } = figures;
  const number = (/** @type {number} */ value) => Number(value.toPrecision(4));
  return html`
    <div class="stack one-map" role="status">
      <h3>Channel ${chosen}</h3>
      <${ServerImage} request=${request({ output: "grid", channels: String(chosen), together: "" })}
        class="pixels whole-map"
        alt="Channel ${chosen}" />
      <dl class="facts">
        <dt>Mean</dt><dd>${number(mean)}</dd>
        <dt>Deviation</dt><dd>${number(std)}</dd>
        <dt>Least</dt><dd>${number(min)}</dd>
        <dt>Greatest</dt><dd>${number(max)}</dd>
        <dt>Zeros</dt><dd>${percent(zero)}${zero === 1 ? ": dead for this photo" : ""}</dd>
      </dl>
    </div>
  `;
}
