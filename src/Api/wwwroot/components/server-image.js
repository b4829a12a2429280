// @ts-check
import { send } from "../lib/api.js";
import { useObjectUrl, useResource } from "../lib/hooks.js";
import { html } from "../lib/html.js";

/**
 * A picture that the server sends: an `img` can't send a key. Where it fails, its description stands in its place.
 * @param {{
 *   request: import("../lib/api.js").Request, alt: string, class?: string, width?: number, height?: number,
 * }} props
 */
export function ServerImage({ request, alt, class: name, width, height }) {
  const picture = useResource(
    async (signal) => (await send(request, signal)).blob(),
    [JSON.stringify({ ...request, body: undefined }), request.body],
  );
  const url = useObjectUrl(picture.data);
  if (picture.error) return html`<span class="quiet small">${alt}: ${picture.error.message}</span>`;
  return html`<img class=${name} src=${url} alt=${alt} width=${width} height=${height} hidden=${!url && !width} />`;
}
