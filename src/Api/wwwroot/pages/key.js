// @ts-check
import { PageHead } from "../components/page-head.js";
import { html } from "../lib/html.js";

export function Page() {
  return html`<${PageHead} title="Key">Not here yet.<//>`;
}
