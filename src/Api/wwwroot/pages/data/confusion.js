// @ts-check
import { cividis, cividisGradient } from "../../lib/cividis.js";
import { count } from "../../lib/format.js";
import { html, useMemo, useRef, useState } from "../../lib/html.js";

const maxClasses = 20;

/**
 * Which classes are taken for which: rows are labels, columns predictions. With many classes, those that are confused
 * most. Its cells open their photos.
 * @param {{
 *   result: Api.EvaluationResultResponse,
 *   cell: { label: string, predicted: string } | null,
 *   onCell: (cell: { label: string, predicted: string }) => void,
 * }} props
 */
export function Confusion({ result, cell, onCell }) {
  const { labels, rows, isPart } = useMemo(() => matrix(result), [result]);
  if (isPart && result.confused.length === 0) return null;
  return html`
    <section class="panel stack" aria-labelledby="confusion">
      <header>
        <h2 id="confusion">Which classes are confused</h2>
        <span class="row small quiet">
          <span>0 %</span>
          <span class="heat-legend" style=${{ background: cividisGradient }}></span>
          <span>100 % of a row</span>
        </span>
      </header>
      <p class="small quiet" id="confusion-help">
        ${isPart ? `The ${labels.length} classes that are confused most, of ${count(result.classes.length)}. ` : ""}
        Each row is a class by its label, each column what the network takes it for; the diagonal is right. A cell
        opens its photos. By keyboard: arrows and Enter.
      </p>
      <div class="scroll"><${Grid} labels=${labels} rows=${rows} isPart=${isPart} cell=${cell} onCell=${onCell} /></div>
    </section>
  `;
}

/**
 * @param {{
 *   labels: string[],
 *   rows: Row[],
 *   isPart: boolean,
 *   cell: { label: string, predicted: string } | null,
 *   onCell: (cell: { label: string, predicted: string }) => void,
 * }} props
 */
function Grid({ labels, rows, isPart, cell, onCell }) {
  const [at, setAt] = useState([0, 0]);
  const table = useRef(/** @type {HTMLTableElement | null} */ (null));
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const [row, column] = at;
    const last = labels.length - 1;
    const to = {
      ArrowDown: [row + 1, column],
      ArrowUp: [row - 1, column],
      ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1],
      Home: [row, 0],
      End: [row, last],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = to.map((one) => Math.max(0, Math.min(last, one)));
    setAt(next);
    /** @type {HTMLElement | null | undefined} */ (table.current?.querySelector(`[data-at="${next.join()}"]`))?.focus();
  };
  return html`
    <table ref=${table} class="confusion" role="grid" aria-labelledby="confusion" aria-describedby="confusion-help"
      onKeyDown=${onKeyDown}>
      <thead>
        <tr>
          <td></td>
          ${labels.map((label) => html`<th key=${label} scope="col" title=${label}><span>${label}</span></th>`)}
          ${isPart && html`<th scope="col"><span class="quiet">others</span></th>`}
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ label, support, cells, others }, row) => html`
          <tr key=${label}>
            <th scope="row" title="${label}: ${count(support)} photos"><span>${label}</span></th>
            ${cells.map((n, column) => {
              const predicted = labels[column];
              const name = `${label} taken for ${predicted}: ${n} of ${support}`;
              const isShown = cell?.label === label && cell.predicted === predicted;
              return html`
                <td key=${column} class=${row === column ? "right" : ""}>
                  <button type="button" data-at=${`${row},${column}`}
                    tabindex=${row === at[0] && column === at[1] ? 0 : -1}
                    aria-label=${row === column ? `${label} is right: ${n} of ${support}` : name}
                    aria-pressed=${isShown} title=${name}
                    style=${n > 0 ? cividis(n / support) : undefined}
                    onFocus=${() => setAt([row, column])}
                    onClick=${() => onCell({ label, predicted })}>${n > 0 ? n : ""}</button>
                </td>
              `;
            })}
            ${isPart && html`<td class="quiet small"
              title="${label} taken for other classes: ${others}">${others || ""}</td>`}
          </tr>
        `)}
      </tbody>
    </table>
  `;
}

/**
 * @typedef {{ label: string, support: number, cells: number[], others: number }} Row
 * @param {Api.EvaluationResultResponse} result
 */
function matrix({ classes, confusion, confused }) {
  const isPart = classes.length > maxClasses || !confusion;
  const labels = isPart ? chosen(confused, classes) : classes.map(({ label }) => label);
  const indices = new Map(classes.map(({ label }, i) => [label, i]));
  const pairs = new Map(confused.map(({ label, predicted, images }) => [JSON.stringify([label, predicted]), images]));
  const cellOf = (/** @type {string} */ label, /** @type {string} */ predicted) => {
    const [row, column] = [/** @type {number} */ (indices.get(label)), /** @type {number} */ (indices.get(predicted))];
    if (confusion) return confusion[row][column];
    if (row === column) return Math.round(classes[row].recall.value * classes[row].support);
    return pairs.get(JSON.stringify([label, predicted])) ?? 0;
  };
  /** @type {Row[]} */
  const rows = labels.map((label) => {
    const cells = labels.map((predicted) => cellOf(label, predicted));
    const support = classes[/** @type {number} */ (indices.get(label))].support;
    return { label, support, cells, others: support - cells.reduce((sum, n) => sum + n, 0) };
  });
  return { labels, rows, isPart };
}

/**
 * The classes that are confused most, in the order of the model.
 * @param {Api.ConfusedPair[]} confused
 * @param {Api.ClassMetricsResponse[]} classes
 */
function chosen(confused, classes) {
  /** @type {Set<string>} */
  const labels = new Set();
  for (const { label, predicted } of confused) {
    if (new Set([...labels, label, predicted]).size > maxClasses) break;
    labels.add(label).add(predicted);
  }
  for (const { label } of classes) if (labels.size < Math.min(8, maxClasses)) labels.add(label);
  return classes.map(({ label }) => label).filter((label) => labels.has(label));
}

/** What a cell is, in words. */
export const cellTitle = (/** @type {{ label: string, predicted: string }} */ { label, predicted }) =>
  label === predicted ? `${label}, and right` : `${label} taken for ${predicted}`;

