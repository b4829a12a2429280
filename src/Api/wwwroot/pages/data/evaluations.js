// @ts-check
import { PageHead } from "../../components/page-head.js";
import { html } from "../../lib/html.js";

/** @param {any} _ */
export function EvaluationsView(_) {
  return html`<${PageHead} title="Train">Not here yet.<//>`;
}
