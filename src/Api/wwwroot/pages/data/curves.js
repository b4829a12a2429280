// @ts-check
import { Chart } from "../../components/chart.js";
import { percent } from "../../lib/format.js";
import { html, useMemo } from "../../lib/html.js";

/**
 * Loss and accuracy over time, of the photos that are learned from and of those that are kept aside.
 * @param {{ course: import("./use-course.js").Course | undefined, classes: number, seconds: number }} props `seconds`:
 *   how long the training may take, for the axis while there is no curve
 */
export function Curves({ course, classes, seconds }) {
  const { steps = [], epochs = [] } = course ?? {};
  const { x, loss, accuracy } = useMemo(() => lines({ steps, epochs }, seconds), [course, seconds]);
  const guess = Math.log(classes);
  return html`
    <section class="panel stack" aria-labelledby="curves">
      <header><h2 id="curves">Curves</h2></header>
      <${Chart} title="Loss: falls while it learns" x=${x} curves=${loss} xLabel="Seconds" height=${220}
        range=${[0, null]} />
      <${Chart} title="Accuracy: the share of the photos that is right" x=${x} curves=${accuracy} xLabel="Seconds"
        height=${220} range=${[0, 1]} format=${percent} />
      <p class="small quiet">
        ${steps.length + epochs.length === 0 &&
        "They begin when layers are trained step by step; the last layer alone is fitted at once. "}
        Guessing among ${classes} classes is a loss of ${guess.toFixed(2)} and ${percent(1 / classes)} right. Where the
        curve of training goes on falling and that of validation rises, the photos are learned by heart: more help.
      </p>
    </section>
  `;
}

/**
 * The points of both curves in one table, as charts have it.
 * @param {Pick<import("./use-course.js").Course, "steps" | "epochs">} course
 * @param {number} seconds
 */
function lines({ steps, epochs }, seconds) {
  const points = [...thinned(steps), ...timed(thinned(epochs), steps).map((point) => ({ ...point, isVal: true }))];
  points.sort((a, b) => a.x - b.x);
  const column = (/** @type {boolean} */ isVal, /** @type {"loss" | "accuracy"} */ name) =>
    points.length > 0 ? points.map((point) => ("isVal" in point === isVal ? point[name] : null)) : [null, null];
  const pair = (/** @type {"loss" | "accuracy"} */ name) => [
    { label: "Training", values: column(false, name), color: /** @type {const} */ ("bar") },
    { label: "Validation", values: column(true, name), color: /** @type {const} */ ("accent") },
  ];
  const x = points.length > 0 ? points.map((point) => point.x) : [0, seconds];
  return { x, loss: pair("loss"), accuracy: pair("accuracy") };
}

/**
 * The epochs at their times, which are between those of the steps around them: steps are told about once a second.
 * @param {import("./use-course.js").Point[]} epochs
 * @param {import("./use-course.js").Point[]} steps
 */
function timed(epochs, steps) {
  let next = 0;
  return epochs.map((epoch) => {
    while (next < steps.length &&
      (steps[next].x <= epoch.x || (steps[next].phase === epoch.phase && steps[next].step < epoch.step))) next++;
    const [before, after] = [steps[next - 1], steps[next]];
    if (before?.phase !== epoch.phase || after?.phase !== epoch.phase || after.step <= before.step) return epoch;
    const share = Math.max(0, epoch.step - before.step) / (after.step - before.step);
    return { ...epoch, x: before.x + share * (after.x - before.x) };
  });
}

/**
 * At most some hundred points, every so many: a chart shows no more.
 * @template T
 * @param {T[]} points
 * @returns {T[]}
 */
function thinned(points) {
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(points.length / 500))); // seldom another: the curve is still
  return every > 1 ? points.filter((_, i) => i % every === 0 || i === points.length - 1) : points;
}
