// @ts-check
import { count } from "../../lib/format.js";
import { html } from "../../lib/html.js";

/**
 * Goes through the channels or filters of a layer, as many at once as the server was asked for.
 * @param {{
 *   what: string,
 *   first: number,
 *   shown: number,
 *   size: number,
 *   total: number,
 *   onChange: (first: number) => void,
 * }} props
 */
export function Paging({ what, first, shown, size, total, onChange }) {
  if (total <= size) return null;
  const next = first + size;
  return html`
    <div class="row">
      <button type="button" disabled=${first === 0} onClick=${() => onChange(first - size)}>${what} before</button>
      <span class="small" role="status">${count(first)} to ${count(first + shown - 1)} of ${count(total)}</span>
      <button type="button" disabled=${next >= total} onClick=${() => onChange(next)}>${what} after</button>
    </div>
  `;
}
