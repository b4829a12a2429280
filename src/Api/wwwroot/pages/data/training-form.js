// @ts-check
/**
 * What is chosen for a training, as text; empty: the server's default.
 * @typedef {Record<keyof typeof empty, string>} Form
 */
export const empty = {
  dataset: "",
  model: "",
  from: "",
  method: "auto",
  seconds: "60",
  epochs: "",
  val: "",
  test: "",
  augment: "",
  optimizer: "",
  lr: "",
  schedule: "",
  batch_size: "",
  label_smoothing: "",
  class_weights: "",
  patience: "",
  clip_norm: "",
  ema_decay: "",
  seed: "",
  at_least: "",
  not_worse_than: "",
};

/** The methods, each with when to take it. */
export const methods = [
  {
    value: "auto",
    text: "Automatic",
    hint: "The last layer first; then more layers while time is left and each helps. Take it if you don't know.",
  },
  {
    value: "head",
    text: "Last layer only",
    hint: "Seconds, and hardly anything can go wrong: for few photos, or little time.",
  },
  {
    value: "last_stage",
    text: "Last stage",
    hint: "The last layer, then those before it: for hundreds of photos of each class, unlike everyday photos.",
  },
  {
    value: "all",
    text: "All layers",
    hint: "The last layer, then every layer, in small steps: for many photos, and minutes to hours.",
  },
  {
    value: "scratch",
    text: "From scratch",
    hint: "Every layer, from random weights: for small pictures and networks. What the network knew is forgotten.",
  },
];

/**
 * The training as the API takes it.
 * @param {Form} form
 * @param {{ classes: number, draft: Draft | null }} facts
 * @returns {Api.TrainingDefinition}
 */
export function definitionOf(form, { classes, draft }) {
  const number = (/** @type {string} */ text) => (text.trim() === "" ? undefined : Number(text));
  const share = (/** @type {string} */ text) => (text.trim() === "" ? undefined : Number(text) / 100);
  const definition = {
    dataset: form.dataset,
    from: originOf(form.from, classes, draft),
    method: form.method === "auto" ? undefined : form.method,
    budget: { seconds: number(form.seconds), epochs: number(form.epochs) },
    split: { val: share(form.val), test: share(form.test) },
    augment: form.augment,
    optimizer: form.optimizer || form.lr ? { type: form.optimizer || "adamw", lr: number(form.lr) } : undefined,
    schedule: { type: form.schedule },
    batch_size: number(form.batch_size),
    label_smoothing: number(form.label_smoothing),
    class_weights: form.class_weights,
    patience: number(form.patience),
    clip_norm: number(form.clip_norm),
    ema_decay: number(form.ema_decay),
    seed: number(form.seed),
    promote: { at_least: { accuracy: share(form.at_least) }, not_worse_than: form.not_worse_than },
  };
  return /** @type {any} */ (without(definition));
}

/**
 * The network that the page Builder keeps for this tab.
 * @typedef {{ architecture: { layers: Record<string, unknown>[] }, preprocessing?: string }} Draft
 * @returns {Draft | null}
 */
export function builderDraft() {
  try {
    const { text, preprocessing } = JSON.parse(sessionStorage.getItem("builder") ?? "null") ?? {};
    const architecture = JSON.parse(text);
    return Array.isArray(architecture.layers) ? { architecture, preprocessing } : null;
  } catch {
    return null; // none, or one whose text is no JSON yet
  }
}

/** @param {string} from @param {number} classes @param {Draft | null} draft */
function originOf(from, classes, draft) {
  const [, kind, value] = /^(\w+):?(.*)$/.exec(from) ?? [];
  if (kind === "version") return { version: Number(value) };
  if (kind === "base" || kind === "model") return { [kind]: value };
  if (kind === "draft" && draft) return { ...draft, architecture: fitted(draft.architecture, classes) };
  return undefined;
}

/**
 * The network with a score for each class, where its last layer gives scores.
 * @param {Draft["architecture"]} architecture
 * @param {number} classes
 */
function fitted(architecture, classes) {
  const last = architecture.layers.at(-1);
  if (last?.type !== "linear" || classes < 2) return architecture;
  return { ...architecture, layers: [...architecture.layers.slice(0, -1), { ...last, out_features: classes }] };
}

/**
 * The object without what is empty.
 * @param {Record<string, any>} object
 * @returns {Record<string, any> | undefined}
 */
function without(object) {
  const filled = Object.entries(object)
    .map(([name, value]) => [name, value && typeof value === "object" && name !== "from" ? without(value) : value])
    .filter(([, value]) => value !== undefined && value !== "");
  return filled.length > 0 ? Object.fromEntries(filled) : undefined;
}
