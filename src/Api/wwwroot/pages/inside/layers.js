// @ts-check
import { Curl } from "../../components/curl.js";
import { ApiError, json, key, path } from "../../lib/api.js";
import { compact, shape } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useEffect, useRef } from "../../lib/html.js";
import { layersOf, resolve } from "../../lib/network.js";
import { setQuery } from "../../lib/router.js";
import { useStore } from "../../lib/store.js";

/**
 * A layer or block; its output's shape and parameters only with a key that may ask for the analysis.
 * @typedef {import("../../lib/network.js").NetworkLayer & { shape?: number[], parameters?: number }} Layer
 */

const blocks = ["sequential", "residual", "concat", "repeat"];

// Stands for the answer of /v1/models/NAME/architecture in the command that is shown.
const network = new File([], "network.json", { type: "application/json" });

/** Whether it is a layer, and no block of layers. */
export const isLeaf = (/** @type {Layer} */ { type }) => !blocks.includes(type);

/** @type {{ id: string, layers: Promise<Layer[]> } | null} */
let last = null; // of the last model: two parts of the page need them

/**
 * The layers of a model's network, in order.
 * @param {Api.ModelResponse} model
 */
export function useLayers({ name, version, created_at }) {
  const id = `${name}@${version} ${created_at} ${useStore(key)}`;
  return useResource(() => {
    if (last?.id !== id) {
      const layers = loadLayers(name);
      layers.catch(() => (last = null));
      last = { id, layers };
    }
    return last.layers;
  }, [id]);
}

/**
 * @param {string} name
 * @returns {Promise<Layer[]>}
 */
async function loadLayers(name) {
  const definition = await json({ path: path`v1/models/${name}/architecture` });
  try {
    /** @type {Api.AnalysisResponse} */
    const analysis = await json({ method: "POST", path: "v1/architectures/analyze", json: definition });
    return analysis.layers.map(({ key, type, pointer, output_shape, parameters }) => ({
      key,
      type,
      parameters,
      shape: /** @type {number[]} */ (output_shape ?? undefined),
      definition: resolve(definition, pointer) ?? { type },
    }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return layersOf(definition.layers);
    throw error;
  }
}

/** @param {{ layers: Layer[], wanted: string | undefined }} props */
export function LayerList({ layers, wanted }) {
  const chosen = layers.find(({ key }) => key === wanted) ?? layers[0];
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const move = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = layers[Math.max(0, Math.min(layers.length - 1, layers.indexOf(chosen) + step))];
    setQuery({ layer: next.key });
  };
  useEffect(() => {
    const button = /** @type {HTMLElement | null} */ (list.current?.querySelector("[aria-pressed=true]"));
    const host = list.current;
    if (!button || !host) return;
    if (host.contains(document.activeElement)) button.focus({ preventScroll: true });
    const { offsetTop: top, offsetHeight: height } = button;
    if (top < host.scrollTop) host.scrollTop = top;
    else if (top + height > host.scrollTop + host.clientHeight) host.scrollTop = top + height - host.clientHeight;
  }, [chosen?.key]);
  return html`
    <section class="panel stack" aria-labelledby="layers">
      <header>
        <h2 id="layers">Layers</h2>
        <span class="small quiet">${layers.length}; the arrow keys go through them</span>
      </header>
      <ul class="layers" ref=${list} onKeyDown=${move}>
        ${layers.map(
          (layer) => html`
            <li key=${layer.key}>
              <button type="button" aria-pressed=${layer === chosen} tabindex=${layer === chosen ? 0 : -1}
                onClick=${() => setQuery({ layer: layer.key })}>
                <code style=${{ paddingLeft: `${12 * (layer.key.split(".").length - 1)}px` }}>${layer.key}</code>
                <span>${layer.type}</span>
                <span class="quiet">${layer.shape ? shape(layer.shape) : ""}</span>
                <span class="quiet">${layer.parameters ? compact(layer.parameters) : ""}</span>
              </button>
            </li>
          `,
        )}
      </ul>
      ${!layers[0]?.shape &&
      html`<p class="small quiet">Their shapes need a key with the scope <code>manage</code>.</p>`}
      <p class="small quiet">Name, kind, shape of the output, parameters</p>
      <${Curl} request=${{ method: "POST", path: "v1/architectures/analyze", body: network }} />
    </section>
  `;
}
