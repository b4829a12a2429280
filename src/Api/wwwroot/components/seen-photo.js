// @ts-check
import { path, send } from "../lib/api.js";
import { useObjectUrl, useResource } from "../lib/hooks.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { measure, seenPart } from "../lib/photo.js";
import { shape } from "../lib/format.js";
import { Curl } from "./curl.js";
import { Select } from "./field.js";
import { ErrorNote } from "./messages.js";

const methods = [
  { value: "", text: "The photo alone" },
  { value: "grad_cam", text: "Grad-CAM: which places led to the score" },
  { value: "hires_cam", text: "HiResCAM: for networks that flatten" },
  { value: "occlusion", text: "Occlusion: where covering it hurts" },
  { value: "integrated_gradients", text: "Integrated Gradients: pixel by pixel" },
];

/**
 * A photo as a network sees it: the part that is cropped, the size that it is brought to, and over it what led to the
 * best score.
 * @param {{ photo: File, model: Api.ModelResponse }} props
 */
export function SeenPhoto({ photo, model }) {
  const [method, setMethod] = useState("");
  const [strength, setStrength] = useState(60);
  const url = useObjectUrl(photo);
  const bitmap = useResource(() => measure(photo), [photo]);
  const request = method && {
    method: /** @type {const} */ ("POST"),
    path: path`v1/models/${model.name}/explain`,
    query: { method, output: "heat", view: "photo" },
    body: photo,
  };
  const heat = useResource(
    async (signal) => (request ? (await send(request, signal)).blob() : undefined),
    [photo, model.name, model.version, method],
  );
  const heatUrl = useObjectUrl(heat.data);
  const size = bitmap.data;
  const part = size && seenPart(size, model.preprocessing);
  const isTiny = size && Math.max(size.width, size.height) < 128;
  return html`
    <div class="seen">
      <div class="seen-photo ${isTiny ? "pixels" : ""}">
        ${url && html`<img src=${url} alt="The photo ${photo.name}" decoding="async" />`}
        ${heatUrl && method && html`<img class="heat" src=${heatUrl} alt="" style=${{ opacity: strength / 100 }} />`}
        ${size && part && html`<span class="crop" style=${cropStyle(part, size)} aria-hidden="true"></span>`}
      </div>
      ${size && part && html`<${Seen} photo=${photo} part=${part} isGray=${model.input_shape?.[0] === 1} />`}
    </div>
    ${bitmap.error &&
    html`<p class="small quiet">The browser can't show this picture; the server may read it all the same.</p>`}
    <div class="stack seen-controls">
      <${Select} label="What led to the best score" value=${method} options=${methods} onChange=${setMethod} />
      <div aria-busy=${heat.isLoading}>
        ${method &&
        html`
          <label class="small quiet">
            Strength of the colours
            <input type="range" min="0" max="100" value=${strength}
              onInput=${(/** @type {any} */ event) => setStrength(Number(event.currentTarget.value))} />
          </label>
          <p class="small quiet">Yellow led to the score, dark blue did not.</p>
        `}
        <${ErrorNote} error=${heat.error} retry=${heat.reload} />
        ${request && html`<${Curl} request=${request} />`}
      </div>
    </div>
  `;
}

/**
 * The network's input. The browser cuts and shrinks it beside the page's thread, which a large photo would stop.
 * @param {{ photo: File, part: ReturnType<typeof seenPart>, isGray: boolean }} props
 */
function Seen({ photo, part, isGray }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const { x, y, width, height, outWidth, outHeight } = part;
  const small = useResource(
    () =>
      createImageBitmap(photo, Math.round(x), Math.round(y), Math.round(width), Math.round(height), {
        resizeWidth: outWidth,
        resizeHeight: outHeight,
        resizeQuality: "high",
      }),
    [photo, x, y, width, height, outWidth, outHeight],
  );
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !small.data) return;
    context.fillRect(0, 0, outWidth, outHeight);
    context.filter = isGray ? "grayscale(1)" : "none";
    context.drawImage(small.data, 0, 0);
  }, [small.data, isGray]);
  return html`
    <figure class="seen-input">
      <canvas ref=${canvas} class="pixels" width=${outWidth} height=${outHeight}
        role="img" aria-label="What the network sees"></canvas>
      <figcaption class="small quiet">The network sees ${shape([outWidth, outHeight])}</figcaption>
    </figure>
  `;
}

/**
 * @param {ReturnType<typeof seenPart>} part
 * @param {{ width: number, height: number }} photo
 */
function cropStyle({ x, y, width, height }, photo) {
  const [left, top] = [Math.max(0, x / photo.width), Math.max(0, y / photo.height)];
  return {
    left: `${100 * left}%`,
    top: `${100 * top}%`,
    width: `${100 * Math.min(1 - left, width / photo.width)}%`,
    height: `${100 * Math.min(1 - top, height / photo.height)}%`,
  };
}
