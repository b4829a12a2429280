// @ts-check
import { html } from "../lib/html.js";
import { DatasetView } from "./data/dataset.js";
import { EvaluationView } from "./data/evaluation.js";
import { EvaluationsView } from "./data/evaluations.js";
import { NewTraining } from "./data/new-training.js";
import { Overview } from "./data/overview.js";
import { TrainingView } from "./data/training.js";

/**
 * Data sets, trainings and evaluations.
 * @param {{ route: import("../lib/router.js").Route }} props
 */
export function Page({ route: { parts, query } }) {
  const [kind, first, second, third] = parts;
  const key = parts.join("/");
  if (kind === "datasets" && first) return html`<${DatasetView} key=${key} name=${first} query=${query} />`;
  if (kind === "trainings" && first && first !== "new") return html`<${TrainingView} key=${key} id=${first} />`;
  if (kind === "trainings" || query.model) return html`<${NewTraining} key="new" query=${query} />`;
  if (kind === "evaluations" && third) {
    return html`<${EvaluationView} key=${key} model=${first} version=${Number(second)} id=${third} query=${query} />`;
  }
  if (kind === "evaluations") {
    return html`<${EvaluationsView} key=${key} model=${first} version=${Number(second) || undefined} query=${query} />`;
  }
  return html`<${Overview} />`;
}
