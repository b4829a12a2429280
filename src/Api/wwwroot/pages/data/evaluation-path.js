// @ts-check
import { path } from "../../lib/api.js";

/** Where the API has an evaluation. */
export const pathOf = (/** @type {Pick<Api.EvaluationResponse, "model" | "version" | "id">} */ { model, version, id }) =>
  path`v1/models/${model}/versions/${version}/evaluations/${id}`;
