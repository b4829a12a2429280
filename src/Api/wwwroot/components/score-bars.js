// @ts-check
import { percent } from "../lib/format.js";
import { html, useState } from "../lib/html.js";

/**
 * Class scores as bars, the best first; the first ten, and all on demand.
 * @param {{ classes: { label: string, probability: number }[] }} props
 */
export function ScoreBars({ classes }) {
  const [isLong, setLong] = useState(false);
  const shown = isLong ? classes : classes.slice(0, 10);
  return html`
    <ol class="bars">
      ${shown.map(
        ({ label, probability }) => html`
          <li key=${label}>
            <span class="label" title=${label}>${label}</span>
            <span class="value">${percent(probability)}</span>
            <span class="track" aria-hidden="true"><${Fill} share=${probability} /></span>
          </li>
        `,
      )}
    </ol>
    ${classes.length > 10 &&
    html`<button type="button" class="plain" onClick=${() => setLong(!isLong)}>
      ${isLong ? "Show the first 10" : `Show all ${classes.length}`}
    </button>`}
  `;
}

/** @param {{ share: number }} props */
function Fill({ share }) {
  return html`<span class="fill" style=${{ transform: `scaleX(${share})` }}></span>`;
}
