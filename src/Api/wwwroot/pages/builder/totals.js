// @ts-check
import { bytes, compact, count, shape } from "../../lib/format.js";
import { html } from "../../lib/html.js";

/**
 * What the whole network costs, and whether it is right.
 * @param {{ editor: import("./editor.js").Editor }} props
 */
export function Totals({ editor }) {
  const { totals, problems, isStale, error } = editor.analysis;
  const errors = problems.filter(({ kind }) => kind === "error").length;
  const hints = problems.length - errors;
  const isKnown = totals && errors === 0 && !editor.moment.fault;
  const facts = [
    ["Output", isKnown && shape(totals.output_shape)],
    ["Parameters", isKnown && count(totals.parameters)],
    ["MACs for one photo", isKnown && compact(totals.macs)],
    ["Weights", isKnown && bytes(totals.weight_bytes.float32)],
    ["Memory to predict", isKnown && bytes(totals.estimated_memory.batch1)],
  ];
  return html`
    <div class="totals">
      <dl>
        ${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value || "–"}</dd></div>`)}
      </dl>
      <p role="status" class="state">
        ${
          editor.moment.fault
            ? html`<span class="badge error">No JSON</span>`
            : error
              ? html`<span class="badge warning">Not analysed</span>`
              : errors > 0
                ? html`<span class="badge error">${errors} ${errors === 1 ? "error" : "errors"}</span>`
                : totals && html`<span class="badge good">Valid</span>`
        }
        ${
          hints > 0 &&
          !editor.moment.fault &&
          html` <span class="badge warning">${hints} ${hints === 1 ? "hint" : "hints"}</span>`
        }
        <span class="small quiet wait">${isStale && !error ? "…" : ""}</span>
      </p>
    </div>
  `;
}
