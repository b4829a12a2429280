// @ts-check
import { path } from "../../lib/api.js";

/** @typedef {Pick<Api.EvaluationResponse, "model" | "version" | "id">} Named */

/**
 * Where the API has an evaluation.
 * @param {Named} evaluation
 */
export function pathOf({ model, version, id }) {
  return path`v1/models/${model}/versions/${version}/evaluations/${id}`;
}
