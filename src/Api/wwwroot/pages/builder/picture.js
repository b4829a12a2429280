// @ts-check
import { Select } from "../../components/field.js";
import { Curl } from "../../components/curl.js";
import { ServerImage } from "../../components/server-image.js";
import { ErrorNote } from "../../components/messages.js";
import { useDebounced, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { openSample, samples } from "../../lib/samples.js";
import { titleOf } from "./describe.js";

/**
 * What a layer gives for a sample photo, asked for when it is opened.
 * @param {{ editor: import("./editor.js").Editor, layer: import("./network.js").Layer, pointer: string }} props
 */
export function Picture({ editor, layer, pointer }) {
  const [isOpen, setOpen] = useState(false);
  const facts = editor.analysis.factsOf(layer, pointer);
  const isPicture = editor.analysis.totals?.input_shape.length === 3;
  if (!facts?.key || !isPicture) return null;
  return html`
    <details onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>What it gives for a photo</summary>
      ${
        isOpen &&
        html`<${Channels} network=${editor.network} layer=${facts.key} title=${titleOf(layer)}
        isFlat=${facts.shape?.length === 1} />`
      }
    </details>
  `;
}

/**
 * The channels of a layer for a sample photo.
 * @param {{ network: import("./network.js").Network, title: string, isFlat?: boolean, layer?: string }} props
 *   `isFlat`: each channel is a single number, which says something only beside the others
 */
export function Channels({ network, title, isFlat, layer }) {
  const [file, setFile] = useState("samples/astronaut.jpg");
  const photo = useResource((signal) => openSample(file, signal), [file]);
  const definition = useDebounced(JSON.stringify(network), 400);
  const request = photo.data && requestOf(definition, photo.data, { layer, together: isFlat });
  const options = samples.map(({ file: value, name: text }) => ({ value, text }));
  return html`
    <div class="channels stack">
      <div class="row">
        <${Select} label="Photo" value=${file} options=${options} onChange=${setFile} />
        <img src=${file} alt="" class="photo ${file.endsWith(".png") ? "pixels" : ""}" />
      </div>
      <div class="tiles">
        <${ErrorNote} error=${photo.error} retry=${photo.reload} />
        ${
          request &&
          html`<${ServerImage} key=${file} request=${request} alt=${`The channels of ${title}`} class="pixels" />`
        }
      </div>
      <div class="notes">
        <p class="small quiet">
          A tile for each channel, up to 64; yellow is high, dark blue is low. Weights are random until trained.
        </p>
        ${request && html`<${Curl} request=${request} />`}
      </div>
    </div>
  `;
}

/**
 * @param {string} definition
 * @param {File} image
 * @param {{ layer?: string, together?: boolean }} query
 * @returns {import("../../lib/api.js").Request}
 */
function requestOf(definition, image, query) {
  const form = { image, definition };
  return { method: "POST", path: "v1/architectures/features", query, form };
}
