// @ts-check
import { count, percent } from "../../lib/format.js";
import { html, useMemo, useState } from "../../lib/html.js";

const pageSize = 15;
const columns = /** @type {const} */ ([
  { key: "label", text: "Class" },
  { key: "support", text: "Photos" },
  { key: "recall", text: "Found", title: "Recall: the share of its photos that it is found in" },
  { key: "precision", text: "Right", title: "Precision: how often it is right to say this class" },
  { key: "f1", text: "F1", title: "Both in one figure" },
]);

/**
 * The figures of each class, the weakest first, in pages; each column can be sorted by.
 * @param {{ classes: Api.ClassMetricsResponse[], macro: Api.MeanMetrics }} props
 */
export function ClassTable({ classes, macro }) {
  const [sort, setSort] = useState({ key: /** @type {typeof columns[number]["key"]} */ ("f1"), isDown: false });
  const [page, setPage] = useState(0);
  const sorted = useMemo(() => {
    const value = (/** @type {Api.ClassMetricsResponse} */ one) => {
      const cell = one[sort.key];
      return typeof cell === "object" ? cell.value : cell;
    };
    const list = [...classes].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
    return sort.isDown ? list.reverse() : list;
  }, [classes, sort]);
  const last = Math.min(classes.length, (page + 1) * pageSize);
  const pages = Math.ceil(classes.length / pageSize);
  const order = (/** @type {typeof columns[number]["key"]} */ key) => {
    setSort({ key, isDown: sort.key === key && !sort.isDown });
    setPage(0);
  };
  return html`
    <section class="panel" aria-labelledby="class-figures">
      <header><h2 id="class-figures">By class</h2><span class="small quiet">Mean F1 ${percent(macro.f1)}</span></header>
      <div class="scroll">
        <table class="class-table">
          <thead>
            <tr>
              ${columns.map(({ key, text, ...more }) => html`
                <th key=${key} scope="col" class=${key === "label" ? "" : "number"}
                  aria-sort=${sort.key !== key ? undefined : sort.isDown ? "descending" : "ascending"}>
                  <button type="button" class="plain" title=${"title" in more ? more.title : undefined}
                    onClick=${() => order(key)}>
                    ${text}${sort.key === key ? (sort.isDown ? " ↓" : " ↑") : ""}
                  </button>
                </th>
              `)}
            </tr>
          </thead>
          <tbody>
            ${sorted.slice(page * pageSize, (page + 1) * pageSize).map(({ label, support, precision, recall, f1 }) =>
              html`
              <tr key=${label}>
                <th scope="row" class="break">${label}</th>
                <td class="number">${count(support)}</td>
                ${[recall, precision, f1].map((share, i) => html`
                  <td key=${i} class="number"
                    title="95 % interval: ${percent(share.low)} to ${percent(share.high)}">
                    ${support > 0 || share.value > 0 ? percent(share.value) : "–"}
                  </td>
                `)}
              </tr>
            `)}
          </tbody>
        </table>
      </div>
      ${pages > 1 &&
      html`<div class="row pager">
        <button type="button" disabled=${page === 0} onClick=${() => setPage(page - 1)}>Previous</button>
        <span class="small quiet" role="status">
          ${count(page * pageSize + 1)} to ${count(last)} of ${count(classes.length)}
        </span>
        <button type="button" disabled=${page >= pages - 1} onClick=${() => setPage(page + 1)}>Next</button>
      </div>`}
    </section>
  `;
}
