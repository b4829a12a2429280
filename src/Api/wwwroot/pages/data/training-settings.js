// @ts-check
import { Field, Select } from "../../components/field.js";
import { html } from "../../lib/html.js";

const groups = /** @type {{ title: string, fields: Setting[] }[]} */ ([
  {
    title: "Photos",
    fields: [
      {
        name: "val",
        pointer: "/split/val",
        label: "For validation, in %",
        hint: "Chooses among settings while training. Empty: 20, where no photo was uploaded for it.",
        max: 90,
      },
      {
        name: "test",
        pointer: "/split/test",
        label: "For the test, in %",
        hint: "Measures the result on photos that nothing was chosen by. Empty: only those uploaded for it.",
        max: 90,
      },
      {
        name: "augment",
        pointer: "/augment",
        label: "Random changes",
        hint: "Each photo is seen a little different each time, so that the network learns it less by heart.",
        options: [
          ["", "By the size of the input"],
          ["none", "None"],
          ["light", "Light: crop, mirror, colours"],
          ["strong", "Strong"],
          ["characters", "Characters: never mirrored"],
        ],
      },
      {
        name: "class_weights",
        pointer: "/class_weights",
        label: "Rare classes",
        hint: "Whether a class of few photos counts as much as one of many.",
        options: [["", "Count as much"], ["none", "Count by their photos"]],
      },
    ],
  },
  {
    title: "Steps",
    fields: [
      {
        name: "epochs",
        pointer: "/budget/epochs",
        label: "Epochs",
        hint: "How often each photo is seen in a phase. Without seconds, the same request gives the same weights.",
        step: 1,
      },
      {
        name: "batch_size",
        pointer: "/batch_size",
        label: "Batch size",
        hint: "Photos of one step. Empty: 32 to fine-tune, 64 or 128 from scratch.",
        step: 1,
      },
      {
        name: "optimizer",
        pointer: "/optimizer/type",
        label: "Optimiser",
        hint: "The rule that turns gradients into steps.",
        options: [["", "adamw"], ["adam", "adam"], ["sgd", "sgd"], ["rmsprop", "rmsprop"]],
      },
      {
        name: "lr",
        pointer: "/optimizer/lr",
        label: "Learning rate",
        hint: "The length of a step, at its highest. Empty: 0.0001 to fine-tune, 0.003 from scratch.",
      },
      {
        name: "schedule",
        pointer: "/schedule/type",
        label: "Schedule",
        hint: "How the learning rate changes. Empty: cosine to fine-tune, one cycle from scratch.",
        options: [
          ["", "By the method"],
          ["constant", "Constant"],
          ["step", "Step"],
          ["cosine", "Cosine with warm-up"],
          ["one_cycle", "One cycle"],
        ],
      },
      {
        name: "patience",
        pointer: "/patience",
        label: "Patience",
        hint: "Epochs without a better validation loss after which a phase ends. Empty: 5 to fine-tune.",
        step: 1,
      },
      {
        name: "label_smoothing",
        pointer: "/label_smoothing",
        label: "Label smoothing",
        hint: "0 to 0.9: makes the network less sure. Empty: 0.1 to fine-tune.",
        max: 0.9,
      },
      {
        name: "clip_norm",
        pointer: "/clip_norm",
        label: "Largest gradient",
        hint: "Longer ones are cut to this. Empty: 1 to fine-tune, no limit from scratch.",
      },
      {
        name: "ema_decay",
        pointer: "/ema_decay",
        label: "Average of weights",
        hint: "0.99 to 0.9999: the result is a moving average. Empty: none.",
        max: 0.9999,
      },
      {
        name: "seed",
        pointer: "/seed",
        label: "Seed",
        hint: "Of all that is random. Empty: 1.",
        step: 1,
      },
    ],
  },
  {
    title: "The default version",
    fields: [
      {
        name: "at_least",
        pointer: "/promote/at_least/accuracy",
        label: "Least accuracy, in %",
        hint: "Below it, the result is kept as a version, but does not answer by default.",
        max: 100,
      },
      {
        name: "not_worse_than",
        pointer: "/promote/not_worse_than",
        label: "Compared with",
        hint: "It answers by default if it is not worse by more than chance.",
        options: [["", "The default version"], ["none", "Nothing"]],
      },
    ],
  },
]);

/**
 * @typedef {object} Setting
 * @property {keyof import("./training-form.js").Form} name
 * @property {string} pointer its place in the request
 * @property {string} label
 * @property {string} hint
 * @property {string[][]} [options] without them, it is a number
 * @property {number} [max]
 * @property {number} [step]
 */

/**
 * The settings that most trainings leave as they are.
 * @param {{
 *   form: import("./training-form.js").Form,
 *   errors: Record<string, string>,
 *   onChange: (change: Partial<import("./training-form.js").Form>) => void,
 * }} props
 */
export function TrainingSettings({ form, errors, onChange }) {
  const names = groups.flatMap(({ fields }) => fields.map(({ name }) => name));
  const changed = names.filter((name) => form[name] !== "").length;
  const isWrong = groups.some(({ fields }) => fields.some(({ pointer }) => errors[pointer]));
  return html`
    <details class="more" open=${isWrong || undefined}>
      <summary>More settings${changed > 0 ? `, ${changed} changed` : ""}</summary>
      <div class="stack">
        ${groups.map(({ title, fields }) => html`
          <fieldset key=${title} class="stack tight">
            <legend>${title}</legend>
            <div class="field-grid">
              ${fields.map((field) => html`<${One} key=${field.name} field=${field} value=${form[field.name]}
                error=${errors[field.pointer]}
                onChange=${(/** @type {string} */ value) => onChange({ [field.name]: value })} />`)}
            </div>
          </fieldset>
        `)}
      </div>
    </details>
  `;
}

/** @param {{ field: Setting, value: string, error?: string, onChange: (value: string) => void }} props */
function One({ field: { label, hint, options, max, step }, value, error, onChange }) {
  if (options) {
    const choices = options.map(([key, text]) => ({ value: key, text }));
    return html`<${Select} label=${label} hint=${hint} value=${value} options=${choices} onChange=${onChange} />`;
  }
  return html`
    <${Field} label=${label} hint=${hint} error=${error}>
      ${(/** @type {object} */ attributes) => html`
        <input ...${attributes} type="number" min="0" max=${max} step=${step ?? "any"} value=${value}
          onInput=${(/** @type {any} */ event) => onChange(event.currentTarget.value)} />
      `}
    <//>
  `;
}
