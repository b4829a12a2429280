// @ts-check
import { bytes, milliseconds } from "../../lib/format.js";
import { html, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";

const pageSize = 20;

/** A rate or a count, in as many digits as one can read. */
export function number(/** @type {number} */ value) {
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/**
 * What each model does, the busiest first.
 * @param {{ point: import("./measures.js").Point }} props
 */
export function ModelTable({ point }) {
  const [limit, setLimit] = useState(pageSize);
  const rows = [...point.models].sort(
    ([nameA, a], [nameB, b]) =>
      Math.round(b.rate) - Math.round(a.rate) || b.memory - a.memory || nameA.localeCompare(nameB),
  );
  if (rows.length === 0) return html`<p class="quiet">There is no model yet.</p>`;
  return html`
    <section aria-labelledby="live-models">
      <h2 id="live-models">Each model</h2>
      <div class="scroll panel live-table" tabindex="0" role="region" aria-label="Figures of each model">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" class="number">Inputs a second</th>
              <th scope="col" class="number">In the network, p95</th>
              <th scope="col" class="number">Batch</th>
              <th scope="col" class="number">Waiting</th>
              <th scope="col" class="number">Memory</th>
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, limit).map(
              ([name, { rate, p95, batch, queue, memory }]) => html`
                <tr key=${name}>
                  <th scope="row"><a href=${href("live", [], { model: name })} title=${name}>${name}</a></th>
                  <td class="number">${number(rate)}</td>
                  <td class="number">${p95 === null ? "–" : milliseconds(p95 * 1000)}</td>
                  <td class="number">${batch === null ? "–" : number(batch)}</td>
                  <td class="number">${number(queue)}</td>
                  <td class="number">${memory ? bytes(memory) : "–"}</td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
      ${rows.length > limit &&
      html`<button type="button" onClick=${() => setLimit(limit + pageSize)}>
        Show ${Math.min(pageSize, rows.length - limit)} more
      </button>`}
    </section>
  `;
}
