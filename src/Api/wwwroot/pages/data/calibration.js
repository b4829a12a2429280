// @ts-check
import { count, percent } from "../../lib/format.js";
import { html } from "../../lib/html.js";

const [width, height, left, bottom, top] = [360, 220, 64, 40, 8];
const x = (/** @type {number} */ share) => left + share * (width - left - 8);
const y = (/** @type {number} */ share) => height - bottom - share * (height - bottom - top);

/**
 * Whether the probabilities can be trusted: of photos that it is so sure of, how many are right.
 * @param {{ result: Api.EvaluationResultResponse }} props
 */
export function Calibration({ result }) {
  const { calibration, expected_calibration_error: error, temperature } = result;
  const most = calibration.reduce((max, one) => Math.max(max, one.count), 1);
  const used = calibration.map((one, i) => ({ ...one, i })).filter((one) => one.count > 0);
  return html`
    <section class="panel stack" aria-labelledby="calibration">
      <header><h2 id="calibration">Can its probabilities be trusted?</h2></header>
      <p>${sentence(result)}</p>
      <svg class="calibration" viewBox="0 0 ${width} ${height}" role="img"
        aria-label="How sure it is, and how many of these are right. The calibration error is ${percent(error)}.">
        ${[0, 0.5, 1].map((share) => html`
          <line key=${share} class="grid" x1=${x(0)} x2=${x(1)} y1=${y(share)} y2=${y(share)} />
          <text x=${left - 6} y=${y(share) + 4} text-anchor="end">${100 * share} %</text>
          <text x=${x(share)} y=${height - bottom + 16}
            text-anchor=${share === 1 ? "end" : "middle"}>${100 * share} %</text>
        `)}
        <line class="ideal" x1=${x(0)} y1=${y(0)} x2=${x(1)} y2=${y(1)} />
        ${used.map(({ i, accuracy, count: n }) => html`
          <rect key=${i} class="bin" x=${x(i / 15) + 1} width=${x(1 / 15) - x(0) - 2} y=${y(accuracy)}
            height=${Math.max(1, y(0) - y(accuracy))}
            opacity=${0.35 + 0.65 * Math.sqrt(n / most)}>
            <title>
              ${percent(i / 15)} to ${percent((i + 1) / 15)} sure: ${count(n)} photos, ${percent(accuracy)} right
            </title>
          </rect>
        `)}
        <text x=${x(0.5)} y=${height - 4} text-anchor="middle">how sure it is</text>
        <text transform="translate(14 ${y(0.5)}) rotate(-90)" text-anchor="middle">how many are right</text>
      </svg>
      <p class="small quiet">A bar is the share that is right; on the dashed line, it is as sure as it should be.
        Stronger bars are of more photos.</p>
      <details class="more">
        <summary>As a table</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Calibration">
          <table>
            <thead><tr><th>How sure</th><th class="number">Photos</th><th class="number">Right</th></tr></thead>
            <tbody>
              ${used.map(({ i, confidence, count: n, accuracy }) => html`
                <tr key=${i}>
                  <td>${percent(confidence)}</td>
                  <td class="number">${count(n)}</td>
                  <td class="number">${percent(accuracy)}</td>
                </tr>
              `)}
            </tbody>
          </table>
        </div>
      </details>
      ${!temperature.is_bound && html`<p class="small quiet">
        Divided by a temperature of ${temperature.value.toFixed(2)}, the scores would be off by
        ${" "}${percent(temperature.expected_calibration_error)} instead of ${percent(error)}.
        No prediction changes by that.
      </p>`}
    </section>
  `;
}

/** @param {Api.EvaluationResultResponse} result */
function sentence({ calibration, images, accuracy, expected_calibration_error: error }) {
  const sure = calibration.reduce((sum, { count: n, confidence }) => sum + n * confidence, 0) / Math.max(1, images);
  const means = `On average it is ${percent(sure)} sure, and ${percent(accuracy.value)} are right`;
  if (images < 50) return `${means}. With so few photos, that says little.`;
  if (error < 0.05) return `${means}: they can be trusted.`;
  return `${means}: it is too ${sure > accuracy.value ? "sure" : "modest"}.`;
}
