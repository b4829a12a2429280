// @ts-check
import { ServerImage } from "../../components/server-image.js";
import { path } from "../../lib/api.js";
import { html } from "../../lib/html.js";

/**
 * A small copy of an image of a data set, in a square.
 * @param {{ dataset: string, revision?: number, id: string, alt: string, size?: number, isTiny?: boolean }} props
 *   `isTiny`: it has so few pixels that they are shown as squares
 */
export function Thumb({ dataset, revision, id, alt, size = 96, isTiny = false }) {
  const request = {
    path: path`v1/datasets/${dataset}/images/${id}/thumbnail`,
    query: { size: Math.min(1024, size * 2), revision },
    cache: /** @type {const} */ ("default"), // an image's bytes never change
  };
  return html`<span class="thumb"><${ServerImage} request=${request} alt=${alt} class=${isTiny ? "pixels" : ""} width=${size} height=${size} /></span>`;
}
