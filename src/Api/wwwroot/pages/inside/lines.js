// @ts-check
import { Curl } from "../../components/curl.js";
import { Loaded } from "../../components/messages.js";
import { send } from "../../lib/api.js";
import { useResource } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { measure } from "../../lib/photo.js";
import { readSafetensors } from "../../lib/safetensors.js";
import { NumberPicture } from "./canvas.js";

const side = 200; // pixels of the longer side

/** @type {{ preset: string, title: string, text: string, kind: "line" | "signed" | "photo" }[]} */
const filters = [
  {
    preset: "line_horizontal",
    kind: "line",
    title: "Horizontal lines",
    text: "White where a row is brighter than those above and below.",
  },
  {
    preset: "line_vertical",
    kind: "line",
    title: "Vertical lines",
    text: "White where a column is brighter than its neighbours.",
  },
  {
    preset: "line_diagonal_45",
    kind: "line",
    title: "Rising lines",
    text: "White where a bright line rises to the right.",
  },
  {
    preset: "line_diagonal_135",
    kind: "line",
    title: "Falling lines",
    text: "White where a bright line falls to the right.",
  },
  {
    preset: "sobel_x",
    kind: "signed",
    title: "From left to right",
    text: "White where it grows brighter to the right, black where darker.",
  },
  {
    preset: "sobel_y",
    kind: "signed",
    title: "From top to bottom",
    text: "White where it grows brighter downwards, black where darker.",
  },
  {
    preset: "laplacian",
    kind: "signed",
    title: "Any change",
    text: "Grey where the photo is even; edges have a black and a white side.",
  },
  {
    preset: "sharpen",
    kind: "photo",
    title: "Sharper",
    text: "Each pixel goes away from its neighbours, so edges stand out.",
  },
  {
    preset: "gaussian_blur",
    kind: "photo",
    title: "Softer",
    text: "Each pixel becomes a mean of its neighbours: noise goes, and so do fine lines.",
  },
  {
    preset: "emboss",
    kind: "signed",
    title: "Light from a corner",
    text: "White where it grows brighter to the lower right: the photo looks carved.",
  },
];

/**
 * Fixed filters of image processing beside the photo: what a convolution can do before it has learnt anything.
 * @param {{ photo: File }} props
 */
export function Lines({ photo }) {
  const size = useResource(() => sizeOf(photo), [photo]);
  const request = size.data && requestOf(photo, size.data);
  const answer = useResource(
    async (signal) => {
      if (!request) return undefined;
      const file = await (await send(request, signal)).arrayBuffer();
      return /** @type {import("../../lib/safetensors.js").Tensor} */ (readSafetensors(file).values().next().value);
    },
    [photo, size.data],
  );
  return html`
    <section class="panel stack" aria-labelledby="lines">
      <header>
        <h2 id="lines">Lines, found by fixed filters</h2>
        <span class="quiet small"><code>filter2d</code>, without any training</span>
      </header>
      <p>
        The same arithmetic with kernels that a person has written: nine numbers make a line detector. A network learns
        such kernels by itself.
      </p>
      <${Loaded} of=${size.error ? size : answer} what="Filtering">
        ${(/** @type {import("../../lib/safetensors.js").Tensor | undefined} */ data) => data && html`<${Pictures}
          data=${data} />`}
      <//>
      ${request && html`<${Curl} request=${request} />`}
    </section>
  `;
}

/** @param {{ data: import("../../lib/safetensors.js").Tensor }} props */
function Pictures({ data: { shape, data } }) {
  const [, height, width] = shape;
  const places = height * width;
  const plane = (/** @type {number} */ index) => data.subarray(index * places, (index + 1) * places);
  const grey = { preset: "", kind: "photo", title: "The photo in grey", text: "What all the others are made from." };
  const all = [grey, ...filters];
  return html`
    <div class="lines">
      ${all.map(
        ({ preset, title, text, kind }, index) => html`
          <figure key=${title}>
            <${NumberPicture} data=${plane(index)} width=${width} height=${height} label=${`${title}: ${text}`}
              range=${rangeOf(kind, plane(index))} />
            <figcaption>
              <strong>${title}</strong>${preset && html` <code class="quiet">${preset}</code>`}
              <span class="small quiet">${text}</span>
            </figcaption>
          </figure>
        `,
      )}
    </div>
  `;
}

/**
 * What is black and white: of a photo 0 and 1; else the strongest answer is white, and 0 is black, or grey if there are
 * answers below it.
 * @param {string} kind
 * @param {Float32Array} plane
 * @returns {[number, number]}
 */
function rangeOf(kind, plane) {
  if (kind === "photo") return [0, 1];
  const most = plane.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  return [kind === "line" ? 0 : -most, most];
}

/** @param {File} photo */
async function sizeOf(photo) {
  const { width, height } = await measure(photo);
  const scale = side / Math.max(width, height);
  const scaled = (/** @type {number} */ length) => Math.max(3, Math.round(length * scale));
  return { width: scaled(width), height: scaled(height) };
}

/**
 * All filters in one network: each is a branch with one channel.
 * @param {File} image
 * @param {{ width: number, height: number }} size
 * @returns {import("../../lib/api.js").Request}
 */
function requestOf(image, size) {
  const branches = filters.map(({ preset, kind }) => {
    const filter = { type: "filter2d", preset };
    return kind === "line" ? { type: "sequential", layers: [filter, { type: "relu" }] } : filter;
  });
  const definition = {
    input: { channels: 1, ...size },
    layers: [{ type: "concat", branches: [{ type: "relu" }, ...branches] }],
  };
  return {
    method: "POST",
    path: "v1/architectures/features",
    query: { output: "safetensors" },
    form: { image, definition: JSON.stringify(definition) },
  };
}
