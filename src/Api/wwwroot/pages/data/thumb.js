// @ts-check
import { ServerImage } from "../../components/server-image.js";
import { path } from "../../lib/api.js";
import { html, useState } from "../../lib/html.js";

/**
 * A small copy of an image of a data set, in a square.
 * @param {{ dataset: string, revision?: number, id: string, alt: string, size?: number }} props
 */
export function Thumb({ dataset, revision, id, alt, size = 96 }) {
  const [isTiny, setTiny] = useState(false); // so few pixels that they are shown as squares
  const loaded = (/** @type {any} */ event) => setTiny(event.target.naturalWidth < size / 2);
  const request = {
    path: path`v1/datasets/${dataset}/images/${id}/thumbnail`,
    query: { size: Math.min(1024, size * 2), revision },
    cache: /** @type {const} */ ("default"), // an image's bytes never change
  };
  return html`<span class="thumb" onLoadCapture=${loaded}><${ServerImage} request=${request} alt=${alt}
    class=${isTiny ? "pixels" : ""} width=${size} height=${size} /></span>`;
}
