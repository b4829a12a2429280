// @ts-check
import { amount, count, milliseconds, percent } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { href } from "../../lib/router.js";

const few = 12; // layers that are shown at once

/**
 * What computing with 8-bit integers brought and cost, measured when the version was made.
 * @param {{ name: string, from: string | null | undefined, report: Api.QuantizationReport }} props `from`: the version
 *   that it was made of, such as `pets@1`
 */
export function Int8Report({ name, from, report }) {
  const { images, held_out, top1_agreement, max_probability_change, mean_probability_change, layers } = report;
  const kept = Math.round(top1_agreement * held_out);
  const inIntegers = layers.filter(({ precision }) => precision === "int8").length;
  return html`
    <section class="panel stack" aria-labelledby="int8">
      <h3 id="int8">With 8-bit integers</h3>
      <p>
        ${from?.startsWith(`${name}@`)
          ? html`Made of <a href=${href("models", [name], { version: from.slice(name.length + 1) })}>version
              ${" "}${from.slice(name.length + 1)}</a>, which computes in float32.`
          : "Made of a version that computes in float32."}
        ${" "}${amount(images, "photo")} told which numbers occur, and ${count(held_out)} others measured what changes.
      </p>
      <div class="results four">
        ${report.milliseconds.map((one) => html`
          <${Figure} key=${one.batch_size} value=${speed(one)}
            note=${`${one.batch_size === 1 ? "One photo at a time" : `${one.batch_size} photos at a time`}:
              ${milliseconds(one.int8)} a photo instead of ${milliseconds(one.float32)}.`} />
        `)}
        <${Figure} value=${percent(top1_agreement)}
          note="Keep their class: ${count(kept)} of ${amount(held_out, "photo")}." />
        <${Figure} value=${change(max_probability_change)}
          note="Is the largest change of a probability; ${change(mean_probability_change)} on average." />
      </div>
      <details open=${layers.length <= few}>
        <summary>${inIntegers} of ${amount(layers.length, "layer")} compute with integers</summary>
        <${Layers} layers=${layers} />
      </details>
    </section>
  `;
}

/** @param {{ value: string, note: string }} props */
function Figure({ value, note }) {
  return html`<div><p class="figure">${value}</p><p class="small quiet">${note}</p></div>`;
}

/** @param {{ layers: Api.QuantizedLayer[] }} props */
function Layers({ layers }) {
  return html`
    <div class="scroll panel table-panel" tabindex="0" role="region" aria-label="Layers">
      <table>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Precision</th>
            <th scope="col" class="number">ms before</th>
            <th scope="col" class="number">ms after</th>
            <th scope="col" class="number">Error</th>
            <th scope="col">Range</th>
            <th scope="col" class="number">Scale in</th>
            <th scope="col" class="number">Scale out</th>
            <th scope="col">Why not in integers</th>
          </tr>
        </thead>
        <tbody>${layers.map((one) => html`<${Row} key=${one.layer} of=${one} />`)}</tbody>
      </table>
    </div>
    <p class="small quiet prose">
      ms: milliseconds of a photo in this layer alone, in float32 and with integers. Error: how far the scores are off
      if only this layer computes with integers, as a share of their spread. Range: which of its results are told apart,
      or how that was chosen; what lies outside is cut. Scale: the distance of two neighbouring numbers, of its inputs
      and of its results.
    </p>
  `;
}

/** @param {{ of: Api.QuantizedLayer }} props */
function Row({ of }) {
  const { layer, precision, reason, range, error, input_scale, output_scale } = of;
  const { milliseconds_before: before, milliseconds_after: after } = of;
  const known = (/** @type {number | null | undefined} */ value, /** @type {(value: number) => string} */ format) =>
    typeof value === "number" ? format(value) : "–";
  const digits = (/** @type {number} */ value) => value.toPrecision(3);
  return html`
    <tr>
      <th scope="row" class="nowrap"><code>${layer}</code></th>
      <td>${precision}</td>
      <td class="number">${known(before, digits)}</td>
      <td class="number">${known(after, digits)}</td>
      <td class="number">${known(error, percent)}</td>
      <td class="nowrap">${range ? rangeWord(range) : "–"}</td>
      <td class="number">${known(input_scale, digits)}</td>
      <td class="number">${known(output_scale, digits)}</td>
      <td><span class="small quiet reason">${reason}</span></td>
    </tr>
  `;
}

/** A change of a probability; below a thousandth it is said so. */
const change = (/** @type {number} */ value) => (value > 0 && value < 0.001 ? "<\u00a00.001" : value.toFixed(3));

/** @param {Api.QuantizationSpeed} times */
function speed({ float32, int8 }) {
  const ratio = float32 / int8;
  if (ratio >= 1.05) return `${ratio.toFixed(1)} times as fast`;
  return ratio > 0.95 ? "As fast as before" : `${(1 / ratio).toFixed(1)} times as slow`;
}

/** @param {string} range */
function rangeWord(range) {
  const share = /^percentile_(.+)$/.exec(range)?.[1];
  if (share) return `${Number(Number(share).toFixed(3))} % of all`;
  return { min_max: "all", mse: "least error", entropy: "entropy" }[range] ?? range;
}
