// @ts-check
import { amount, count, seconds } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { href } from "../../lib/router.js";

/**
 * What a training will do, in words.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   form: import("./training-form.js").Form,
 *   origin: import("./origins.js").Origin | undefined,
 *   model: Api.ModelResponse | undefined,
 * }} props
 */
export function TrainingPlan({ dataset, form, origin, model }) {
  const errors = dataset.problems.filter(({ severity }) => severity === "error");
  const warnings = dataset.problems.length - errors.length;
  const { train, val, test } = divided(dataset, form);
  return html`
    <h2>What will happen</h2>
    <dl class="facts">
      <dt>Learns from</dt><dd>${photos(train)} in ${count(dataset.classes.length)} classes</dd>
      <dt>Chooses by</dt><dd>${photos(val)} kept aside (val)</dd>
      <dt>Measured on</dt>
      <dd>
        ${test > 0
          ? `${photos(test)} that nothing is chosen by (test)`
          : "no test photos: the figures of val are a little too good"}
      </dd>
      <dt>Begins with</dt><dd>${origin?.text ?? "…"}</dd>
      <dt>Takes</dt><dd>${form.seconds ? `at most ${seconds(Number(form.seconds))}` : "as long as the epochs need"}</dd>
      <dt>Becomes</dt>
      <dd>
        ${model
          ? `the next version of ${model.name}; the default if it is not worse than version ${model.serving.version}`
          : `version 1 of the new model ${form.model}`}
      </dd>
    </dl>
    ${errors.map(({ code, message }) => html`<div key=${code} class="note error"><div><p>${message}</p></div></div>`)}
    ${dataset.problems.length > 0 &&
    html`<p class="small quiet">
      ${errors.length > 0 ? "The server refuses a training until this is mended. " : ""}
      <a href=${href("data", ["datasets", dataset.name])}>
        ${warnings > 0 ? `${amount(warnings, "warning")} of ` : "Go to "}${dataset.name}
      </a>
    </p>`}
  `;
}

/**
 * About how many photos each split gets; the server draws those that were uploaded without one.
 * @param {Api.DatasetResponse} dataset
 * @param {import("./training-form.js").Form} form
 */
function divided({ classes, images }, form) {
  const sum = (/** @type {"val" | "test"} */ key) => classes.reduce((all, one) => all + one[key], 0);
  const [hasVal, hasTest] = [sum("val"), sum("test")];
  const test = hasTest || Math.round((images - hasVal) * (Number(form.test || 0) / 100));
  const val = hasVal || Math.round((images - test) * (Number(form.val || 20) / 100));
  return { train: images - val - test, val, test };
}

const photos = (/** @type {number} */ n) => (n === 1 ? "1 photo" : `about ${count(n)} photos`);
