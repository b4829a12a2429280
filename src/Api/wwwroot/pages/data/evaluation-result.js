// @ts-check
import { Curl } from "../../components/curl.js";
import { amount, count, percent } from "../../lib/format.js";
import { html, useState } from "../../lib/html.js";
import { Calibration } from "./calibration.js";
import { CellPhotos } from "./cell-photos.js";
import { ClassTable } from "./class-table.js";
import { Comparison } from "./comparison.js";
import { Confusion } from "./confusion.js";
import { pathOf } from "./evaluation-path.js";
import { ScoredPhotos } from "./scored-photos.js";

/**
 * What an evaluation found.
 * @param {{
 *   evaluation: Api.EvaluationResponse,
 *   result: Api.EvaluationResultResponse,
 *   query: Record<string, string>,
 * }} props
 */
export function EvaluationResult({ evaluation, result, query }) {
  const [cell, setCell] = useState(/** @type {{ label: string, predicted: string } | null} */ (null));
  const { suspects, mistakes, unusable, unusable_count } = result;
  const scored = suspects.map((one) => ({ ...one, predicted: one.suggested, confidence: one.suggested_probability }));
  const isSmall = result.classes.length <= 8;
  const matrix = html`<${Confusion} result=${result} cell=${cell} onCell=${setCell} />`;
  const table = html`<${ClassTable} classes=${result.classes} macro=${result.macro} />`;
  return html`
    <div class="columns">
      <div class="stack wide"><${Accuracy} result=${result} /><${Pairs} result=${result} onCell=${setCell} /></div>
      <${Calibration} result=${result} />
    </div>
    ${isSmall ? html`<div class="columns">${matrix}${table}</div>` : matrix}
    ${cell && html`<${CellPhotos} key=${`${cell.label} ${cell.predicted}`} evaluation=${evaluation} cell=${cell}
      onClose=${() => setCell(null)} />`}
    ${!isSmall && table}
    ${suspects.length > 0 &&
    html`<section class="stack tight" aria-labelledby="suspects">
      <h2 id="suspects">Labels that may be wrong</h2>
      <p class="small quiet">The network is far less sure of these labels than of others like them. Look at each, and
        relabel those that are wrong.</p>
      <${ScoredPhotos} evaluation=${evaluation} images=${scored} />
    </section>`}
    ${mistakes.length > 0 &&
    html`<section class="stack tight" aria-labelledby="mistakes">
      <h2 id="mistakes">The surest mistakes</h2>
      <${ScoredPhotos} evaluation=${evaluation} images=${mistakes} />
    </section>`}
    ${unusable_count > 0 &&
    html`<div class="note warning"><div>
      <p>${amount(unusable_count, "photo")} could not be scored, and do not count:</p>
      <ul class="small">
        ${unusable
          .slice(0, 20)
          .map(({ id, file_name, detail }) => html`<li key=${id}><b>${file_name ?? id.slice(0, 8)}</b> ${detail}</li>`)}
      </ul>
    </div></div>`}
    <${Comparison} evaluation=${evaluation} rival=${query.with} />
    <${Curl} request=${{ path: pathOf(evaluation) }} title="This page as curl" />
  `;
}

/** @param {{ result: Api.EvaluationResultResponse }} props */
function Accuracy({ result }) {
  const { accuracy, images, top_k, log_loss, macro } = result;
  const { value, low, high } = accuracy;
  const ranks = Object.entries(top_k).filter(([k, share]) => k !== "1" && share > value).slice(0, 2);
  return html`
    <section class="panel stack" aria-labelledby="accuracy">
      <header><h2 id="accuracy">Accuracy</h2></header>
      <p class="figure">
        ${percent(value)}
        ${" "}<span class="small quiet">right: ${count(Math.round(value * images))} of ${count(images)}</span>
      </p>
      <div>
        <div class="interval" aria-hidden="true">
          <span class="range" style=${{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }}></span>
          <span class="value" style=${{ left: `${100 * value}%` }}></span>
        </div>
        <div class="row between small quiet" aria-hidden="true"><span>0 %</span><span>100 %</span></div>
      </div>
      <p>
        For new photos like these, expect ${percent(low)} to ${percent(high)} (95 % interval).
        ${images < 100 && " More photos make it narrower."}
      </p>
      <dl class="facts small">
        ${ranks.map(([k, share]) => html`<dt key=${k}>Among the ${k} likeliest</dt><dd>${percent(share)}</dd>`)}
        <dt>Mean F1 of the classes</dt><dd>${percent(macro.f1)}</dd>
        <dt>Log loss</dt><dd>${log_loss.toFixed(3)}; ${Math.log(result.classes.length).toFixed(2)} is guessing</dd>
      </dl>
    </section>
  `;
}

/**
 * @param {{
 *   result: Api.EvaluationResultResponse,
 *   onCell: (cell: { label: string, predicted: string }) => void,
 * }} props
 */
function Pairs({ result: { confused }, onCell }) {
  const [isLong, setLong] = useState(false);
  const shown = isLong ? confused.slice(0, 200) : confused.slice(0, 5);
  return html`
    <section class="panel" aria-labelledby="pairs">
      <header><h2 id="pairs">Most confused</h2></header>
      ${confused.length === 0 && html`<p class="quiet">No class is taken for another.</p>`}
      <ul class="pairs">
        ${shown.map(({ label, predicted, images }) => html`
          <li key=${`${label} ${predicted}`}>
            <button type="button" class="plain confused-pair" onClick=${() => onCell({ label, predicted })}>
              <span class="break"><b>${label}</b> taken for <b>${predicted}</b></span>
              <span>${images === 1 ? "1 photo" : `${count(images)} photos`}</span>
            </button>
          </li>
        `)}
      </ul>
      ${confused.length > 5 &&
      html`<button type="button" class="plain" onClick=${() => setLong(!isLong)}>
        ${isLong ? "Show the first 5" : `Show ${confused.length > 200 ? "the first 200" : `all ${confused.length}`}`}
      </button>`}
    </section>
  `;
}
