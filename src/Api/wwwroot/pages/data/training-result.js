// @ts-check
import { count, percent, seconds } from "../../lib/format.js";
import { html } from "../../lib/html.js";

/**
 * What a training brought: figures of the photos that it was chosen by and of those that nothing was chosen by.
 * @param {{ training: Api.TrainingResponse, result: Api.TrainingFigures }} props
 */
export function TrainingResult({ training, result }) {
  const { model, version, promoted, promoted_reason } = training;
  const { val, test, seconds: wall, cpu_seconds, threads, device, temperature } = result;
  return html`
    <section class="panel stack" aria-labelledby="result">
      <header>
        <h2 id="result">${version ? `Version ${version} of ${model}` : "Result"}</h2>
        ${version && !promoted && html`<span class="badge warning">Not promoted</span>`}
        ${version && promoted && html`<span class="badge good">Promoted</span>`}
      </header>
      ${promoted_reason &&
      html`<p>${promoted ? "It may answer by default. " : "It answers by its number only. "}${promoted_reason}</p>`}
      <div class="results">
        ${test &&
        html`<${Figures} title="Test" figures=${test}
          note="On photos that nothing was chosen by: what to expect of new ones." />`}
        ${val &&
        html`<${Figures} title="Validation" figures=${val}
          note="The result was chosen by these photos: the figures are a little too good." />`}
      </div>
      ${!test &&
      html`<p class="small quiet">
        There were no test photos. Upload some to the split test, or keep some aside for it, to know what to expect of
        new ones.
      </p>`}
      <p class="small quiet">
        ${seconds(wall)} on ${device} with ${threads} threads (${seconds(cpu_seconds)} of processor time).
        ${typeof temperature === "number" &&
        ` Calibrated by a temperature of ${temperature.toFixed(2)}: 0.9 means about nine of ten.`}
      </p>
    </section>
  `;
}

/** @param {{ title: string, note: string, figures: Api.SplitFigures }} props */
function Figures({ title, note, figures }) {
  const { images, accuracy, macro_f1, log_loss, expected_calibration_error: ece } = figures;
  const right = Math.round(accuracy * images);
  return html`
    <div class="stack tight">
      <h3>${title}</h3>
      <p class="figure">
        ${percent(accuracy)} <span class="small quiet">right: ${count(right)} of ${count(images)}</span>
      </p>
      <p class="small quiet">${note}${images < 100 ? ` One photo more or less is ${percent(1 / images)}.` : ""}</p>
      <dl class="facts small">
        <dt title="The mean over the classes, each counting the same">Mean F1</dt><dd>${percent(macro_f1)}</dd>
        <dt title="Counts how sure it was, too: 0 is best">Log loss</dt><dd>${log_loss.toFixed(3)}</dd>
        <dt title="How far its probabilities are from the shares that are right">Calibration error</dt>
        <dd>${percent(ece)}</dd>
      </dl>
    </div>
  `;
}
