// @ts-check
import { Curl } from "../../components/curl.js";
import { Field, Select } from "../../components/field.js";
import { Loaded } from "../../components/messages.js";
import { useResource } from "../../lib/hooks.js";
import { html, useMemo, useState } from "../../lib/html.js";
import { NumberPicture } from "./canvas.js";
import { inputOf } from "./input.js";
import { features, firstConvolution, loadChannel, multiply, settingsOf } from "./pixel.js";
import { Sum, Tables } from "./tables.js";

/**
 * @typedef {{ input: import("./input.js").Input, output: import("./pixel.js").Tensor,
 *   kernel: import("./pixel.js").Tensor, bias: number }} Numbers
 */

/**
 * The arithmetic of one number that the first convolution gives.
 * @param {{ model: Api.ModelResponse, photo: File, layers: import("./layers.js").Layer[] }} props
 */
export function Arithmetic({ model, photo, layers }) {
  const layer = firstConvolution(layers);
  return html`
    <section class="panel stack" aria-labelledby="arithmetic">
      <header>
        <h2 id="arithmetic">The arithmetic of one number</h2>
        ${layer && html`<span class="quiet small">the first convolution, <code>${layer.key}</code></span>`}
      </header>
      ${layer
        ? html`<${Convolution} model=${model} photo=${photo} layer=${layer} />`
        : html`<p class="quiet">It is shown for networks that begin with a convolution; this one does not.</p>`}
    </section>
  `;
}

/** @param {{ model: Api.ModelResponse, photo: File, layer: import("./layers.js").Layer }} props */
function Convolution({ model, photo, layer }) {
  const [channel, setChannel] = useState(0);
  const channels = Number(layer.definition.out_channels);
  const input = useResource(() => inputOf(photo, model), [photo, model.name, model.version]);
  const numbers = useResource(
    async (signal) => {
      if (!input.data) return undefined;
      return { input: input.data, ...(await loadChannel(model, layer, channel, input.data, signal)) };
    },
    [input.data, model.name, model.version, layer.key, channel],
  );
  const options = Array.from({ length: channels }, (_, index) => ({ value: String(index), text: String(index) }));
  const choose = (/** @type {string} */ value) => setChannel(Number(value));
  return html`
    <p>
      Each number of a map is a sum: the kernel is laid over a part of the input, number by number they are multiplied,
      and all products and the bias are added. Click on the map, or go over it with the arrow keys.
    </p>
    <${Loaded} of=${input.error ? input : numbers} what="Computing">
      ${(/** @type {Numbers | undefined} */ data) =>
        data &&
        html`<${Pixel} key=${`${model.name} ${photo.name}`} data=${data} layer=${layer} channel=${channel}
          channels=${channels}>
          <${Select} label="Channel" value=${String(channel)} options=${options} onChange=${choose} />
        <//>`}
    <//>
    <p class="small quiet">
      For this, the browser has resized the photo and sent its numbers; the server's own resizing may differ a little.
    </p>
    ${input.data && html`<${Curl} request=${features(model, layer, channel, input.data.body)} />`}
  `;
}

/**
 * @param {{
 *   data: Numbers,
 *   layer: import("./layers.js").Layer,
 *   channel: number,
 *   channels: number,
 *   children?: any,
 * }} props children: the choice of the channel
 */
function Pixel({ data, layer, channel, channels, children }) {
  const { input, output, kernel, bias } = data;
  const [, height, width] = output.shape;
  const [place, setPlace] = useState({ row: Math.floor(height / 2), column: Math.floor(width / 2) });
  const settings = useMemo(() => settingsOf(layer.definition), [layer]);
  const parts = multiply(input, kernel, settings, channel, channels, place);
  const value = output.data[place.row * width + place.column];
  const move = (/** @type {number} */ row, /** @type {number} */ column) =>
    setPlace({ row: Math.max(0, Math.min(height - 1, row)), column: Math.max(0, Math.min(width - 1, column)) });
  return html`
    <div class="pixel">
      <div class="stack">
        <${PickMap} output=${output} place=${place} move=${move} />
        <p class="small quiet">The map of ${height} × ${width}, and the number that is chosen</p>
      </div>
      <${Input} input=${input} settings=${settings} place=${place} />
      <div class="stack">
        <div class="row places">
          ${children}
          <${Place} label="Row" value=${place.row} most=${height - 1}
            onChange=${(/** @type {number} */ row) => move(row, place.column)} />
          <${Place} label="Column" value=${place.column} most=${width - 1}
            onChange=${(/** @type {number} */ column) => move(place.row, column)} />
        </div>
        <${Sum} parts=${parts} bias=${bias} value=${value} names=${namesOf(input.shape[0])} />
      </div>
    </div>
    <${Tables} parts=${parts} names=${namesOf(input.shape[0])} />
  `;
}

/** @param {number} channels */
function namesOf(channels) {
  if (channels === 1) return ["Grey"];
  if (channels === 3) return ["Red", "Green", "Blue"];
  return Array.from({ length: channels }, (_, channel) => `Channel ${channel}`);
}

/**
 * The map, on which a number is chosen.
 * @param {{
 *   output: import("./pixel.js").Tensor,
 *   place: { row: number, column: number },
 *   move: (row: number, column: number) => void,
 * }} props
 */
function PickMap({ output, place, move }) {
  const [, height, width] = output.shape;
  const point = (/** @type {PointerEvent} */ event) => {
    if (event.buttons === 0) return;
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    move(
      Math.floor(((event.clientY - box.top) / box.height) * height),
      Math.floor(((event.clientX - box.left) / box.width) * width),
    );
  };
  const steps = /** @type {Record<string, number[]>} */ ({
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  });
  const press = (/** @type {KeyboardEvent} */ event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    move(place.row + far * step[0], place.column + far * step[1]);
  };
  return html`
    <${NumberPicture} data=${output.data} width=${width} height=${height} class="map-pick" tabindex="0"
      role="application"
      aria-label="Map of ${height} rows and ${width} columns. The arrow keys choose a number, with Shift ten further."
      label="The map" onPointerDown=${point} onPointerMove=${point} onKeyDown=${press}>
      <${Box} top=${place.row} left=${place.column} rows=${1} columns=${1} height=${height} width=${width} />
    <//>
  `;
}

/**
 * What the convolution sees, and the part that the number comes from.
 * @param {{
 *   input: import("./input.js").Input,
 *   settings: import("./pixel.js").Settings,
 *   place: { row: number, column: number },
 * }} props
 */
function Input({ input, settings, place }) {
  const [, height, width] = input.shape;
  const plane = useMemo(() => grey(input), [input]);
  const side = (/** @type {number} */ axis) => settings.dilation[axis] * (settings.kernel[axis] - 1) + 1;
  return html`
    <figure class="stack">
      <${NumberPicture} data=${plane} width=${width} height=${height}
        label="What the network sees, and the part that is multiplied">
        <${Box} top=${place.row * settings.stride[0] - settings.padding[0]}
          left=${place.column * settings.stride[1] - settings.padding[1]}
          rows=${side(0)} columns=${side(1)} height=${height} width=${width} />
      <//>
      <figcaption class="small quiet">The input of ${height} × ${width}, and the part that is multiplied</figcaption>
    </figure>
  `;
}

/** @param {import("./input.js").Input} input */
function grey({ shape: [channels, height, width], data }) {
  const places = height * width;
  const plane = new Float32Array(places);
  for (let at = 0; at < data.length; at++) plane[at % places] += data[at] / channels;
  return plane;
}

/** @param {{ top: number, left: number, rows: number, columns: number, height: number, width: number }} props */
function Box({ top, left, rows, columns, height, width }) {
  const style = {
    top: `${(100 * top) / height}%`,
    left: `${(100 * left) / width}%`,
    height: `${(100 * rows) / height}%`,
    width: `${(100 * columns) / width}%`,
  };
  return html`<span class="box" style=${style} aria-hidden="true"></span>`;
}

/** @param {{ label: string, value: number, most: number, onChange: (value: number) => void }} props */
function Place({ label, value, most, onChange }) {
  const change = (/** @type {any} */ event) => {
    const wanted = event.currentTarget.valueAsNumber;
    if (Number.isInteger(wanted)) onChange(wanted);
  };
  return html`
    <${Field} label=${label}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} type="number" min="0" max=${most} value=${value} onInput=${change} />
      `}
    <//>
  `;
}
