// @ts-check
import { curl } from "../lib/api.js";
import { html } from "../lib/html.js";
import { toast } from "./messages.js";

/**
 * The same action as a command.
 * @param {{ request: import("../lib/api.js").Request, title?: string }} props
 */
export function Curl({ request, title = "curl" }) {
  const text = curl(request);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  };
  return html`
    <details class="curl">
      <summary>${title}</summary>
      <pre><code>${text}</code></pre>
      ${navigator.clipboard && html`<button type="button" onClick=${copy}>Copy</button>`}
    </details>
  `;
}
