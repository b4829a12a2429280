// @ts-check
import { html, useState } from "../../lib/html.js";

/** @typedef {import("./pixel.js").Part} Part */

/** A number in few characters, with a real minus. */
const short = (/** @type {number} */ value) => {
  const size = Math.abs(value);
  const text = size >= 100 ? size.toFixed(0) : size >= 10 ? size.toFixed(1) : size.toFixed(2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};
const long = (/** @type {number} */ value) => `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(4)}`;

/**
 * The sums of the channels, the bias, and whether the server has the same.
 * @param {{ parts: Part[], bias: number, value: number, names: string[] }} props
 */
export function Sum({ parts, bias, value, names }) {
  const sum = parts.reduce((all, part) => all + part.sum, bias);
  const scale = parts.reduce((all, part) => all + Math.abs(part.sum), 1);
  const isSame = Math.abs(sum - value) < 1e-4 * scale;
  const isFew = parts.length <= 4;
  const terms = isFew ? parts.map((part) => [names[part.channel], part.sum]) : [["All channels", sum - bias]];
  return html`
    <div role="status" class="sum">
      ${terms.map(
        ([name, term], index) => html`
          <span key=${name}>${index > 0 ? html`<b>+</b>` : ""}<span
            class="term"><small>${name}</small>${long(Number(term))}</span></span>
        `,
      )}
      <span><b>+</b><span class="term"><small>Bias</small>${long(bias)}</span></span>
      <span><b>=</b><span class="term whole"><small>Sum</small>${long(sum)}</span></span>
    </div>
    <p class=${isSame ? "agrees" : "differs"}>
      ${isSame
        ? `The server's map has ${long(value)} here: the same.`
        : `The server's map has ${long(value)} here, which differs.`}
    </p>
  `;
}

/**
 * Patch, kernel and products of one input channel.
 * @param {{ parts: Part[], names: string[] }} props
 */
export function Tables({ parts, names }) {
  const [chosen, setChosen] = useState(0);
  const part = parts[Math.min(chosen, parts.length - 1)];
  const most = (/** @type {(cell: import("./pixel.js").Cell) => number} */ of) =>
    Math.max(1e-9, ...part.rows.flat().map((cell) => Math.abs(of(cell))));
  const input = (/** @type {import("./pixel.js").Cell} */ cell) => cell.input;
  const weight = (/** @type {import("./pixel.js").Cell} */ cell) => cell.weight;
  const product = (/** @type {import("./pixel.js").Cell} */ cell) => cell.input * cell.weight;
  return html`
    ${parts.length > 1 &&
    html`<div class="row" role="group" aria-label="Input channel">
      ${parts.slice(0, 16).map(
        ({ channel }, index) => html`
          <button type="button" key=${channel} aria-pressed=${index === chosen}
            onClick=${() => setChosen(index)}>${names[channel]}</button>
        `,
      )}
    </div>`}
    <div class="factors">
      <${Table} title="Input" of=${input} part=${part} most=${most(input)} />
      <span class="operator" aria-hidden="true">×</span>
      <${Table} title="Kernel" of=${weight} part=${part} most=${most(weight)} />
      <span class="operator" aria-hidden="true">=</span>
      <${Table} title="Products" of=${product} part=${part} most=${most(product)} />
    </div>
    <p class="small quiet">
      The products of ${names[part.channel].toLowerCase()} add up to ${long(part.sum)}.
      Blue is above zero, amber below; a dash lies outside the photo and counts as zero.
    </p>
  `;
}

/**
 * @param {{ title: string, of: (cell: import("./pixel.js").Cell) => number, part: Part, most: number }} props
 */
function Table({ title, of, part, most }) {
  const isKernel = title === "Kernel";
  return html`
    <div class="factor scroll">
      <table style=${{ width: `${44 * part.rows[0].length}px` }}>
        <caption>${title}</caption>
        <tbody>
          ${part.rows.map(
            (row, i) => html`
              <tr key=${i}>
                ${row.map((cell, j) => {
                  const value = of(cell);
                  const isOutside = !cell.isInside && !isKernel;
                  const strength = `${Math.round((70 * Math.abs(value)) / most)}%`;
                  return html`<td key=${j} class=${value < 0 ? "below" : "above"} style=${{ "--strength": strength }}>
                    ${isOutside ? "–" : short(value)}</td>`;
                })}
              </tr>
            `,
          )}
        </tbody>
      </table>
    </div>
  `;
}
