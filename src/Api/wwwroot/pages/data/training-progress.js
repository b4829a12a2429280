// @ts-check
import { count, percent, seconds } from "../../lib/format.js";
import { html } from "../../lib/html.js";

/** The phases of a training, in words. @type {Record<string, string>} */
const words = {
  photos: "Photos are read",
  head: "Last layer",
  last_stage: "Last stage",
  all: "All layers",
  scratch: "All layers, from scratch",
  resume: "It went on after an interruption",
  result: "Result is measured",
  version: "Version is made",
};

/**
 * How far a training is: its phase, and its time.
 * @param {{ training: Api.TrainingResponse, course: import("./use-course.js").Course | undefined }} props
 */
export function Progress({ training, course }) {
  if (training.state === "queued") {
    return html`
      <section class="panel stack" aria-label="Progress">
        <p>It waits for another training to end.</p>
        <progress aria-label="Progress" value="0"></progress>
      </section>
    `;
  }
  const phase = course?.phases.at(-1)?.phase ?? training.phase ?? "photos";
  const step = course?.step?.phase === phase ? course.step : null;
  const budget = /** @type {any} */ (training.definition)?.budget?.seconds;
  const best = course?.epochs.reduce((most, { accuracy }) => Math.max(most, accuracy), 0);
  return html`
    <section class="panel stack tight" aria-label="Progress">
      <div class="row between">
        <h2>${words[phase] ?? phase}</h2>
        <span>${typeof step?.eta === "number" ? `${seconds(step.eta)} left in this phase` : "\u00a0"}</span>
      </div>
      <progress value=${step ? step.step / step.steps : 0} max="1" aria-label="Progress of the phase"></progress>
      <dl class="figures">
        <div>
          <dt>Time</dt>
          <dd>
            ${seconds(course?.step?.elapsed ?? 0)}
            ${budget && html`<span class="quiet">${" "}of ${seconds(budget)}</span>`}
          </dd>
        </div>
        <div><dt>Step</dt><dd>${step ? `${count(step.step)} of ${count(step.steps)}` : "–"}</dd></div>
        <div><dt>Epoch</dt><dd>${step?.epoch ?? "–"}</dd></div>
        <div><dt>Speed</dt><dd>${step?.images_per_second ? `${count(step.images_per_second)} photos/s` : "–"}</dd></div>
        <div><dt>Loss</dt><dd>${typeof step?.loss === "number" ? step.loss.toFixed(3) : "–"}</dd></div>
        <div><dt>Best so far</dt><dd>${best ? percent(best) : "–"}</dd></div>
      </dl>
    </section>
  `;
}

/**
 * The phases that have begun, with what each brought and why it ended.
 * @param {{ training: Api.TrainingResponse, course: import("./use-course.js").Course }} props
 */
export function Phases({ training, course }) {
  const { result, state } = training;
  if (course.phases.length === 0) return null;
  return html`
    <section class="panel stack tight" aria-labelledby="phases">
      <header><h2 id="phases">Phases</h2></header>
      <ol class="phases">
        ${course.phases.map(({ phase, detail }, i) => {
          const isNow = state === "running" && i === course.phases.length - 1;
          const isLast = course.phases.findLastIndex((one) => one.phase === phase) === i;
          const figures = isLast ? result?.phases.findLast(({ name }) => name === phase) : undefined;
          return html`
            <li key=${i} aria-current=${isNow ? "step" : undefined}>
              <b>${words[phase] ?? phase}</b>
              <span class="quiet">${figures ? lengthOf(figures) : isNow ? "now" : ""}</span>
              <span class="small quiet">
                ${detail} ${figures?.reason}
                ${figures && ` ${outcome(figures)}`}
              </span>
            </li>
          `;
        })}
      </ol>
    </section>
  `;
}

/** @param {Api.PhaseFigures} figures */
function lengthOf({ seconds: time, epochs }) {
  return seconds(time) + (epochs ? `, ${Number(epochs.toFixed(1))} epochs` : "");
}

/** @param {Api.PhaseFigures} figures */
function outcome({ val_accuracy: accuracy, val_loss: loss, kept }) {
  const isMeasured = typeof accuracy === "number" && typeof loss === "number";
  const figures = isMeasured ? `${percent(accuracy)} of val right, log loss ${loss.toFixed(3)}. ` : "";
  return `${figures}${kept ? "It was better, and kept." : "It was no better, and changed nothing."}`;
}
