// @ts-check
import { Chart } from "../../components/chart.js";
import { milliseconds } from "../../lib/format.js";
import { html, useMemo } from "../../lib/html.js";
import { series, times } from "./history.js";

/** @typedef {import("./measures.js").Point} Point */

const duration = (/** @type {number} */ value) => (value === 0 ? "0" : milliseconds(value * 1000));
const plain = (/** @type {number} */ value) => String(Number(value.toPrecision(3)));

/**
 * The last ten minutes, of all models or of one.
 * @param {{ points: Point[], model: string }} props
 */
export function Charts({ points, model }) {
  const charts = useMemo(() => describe(points, model), [points, model]);
  const x = useMemo(() => times(points), [points]);
  return html`
    <div class="charts">
      ${charts.map(
        ({ title, note, curves, format }) => html`
          <section class="panel" key=${title}>
            <${Chart} title=${title} x=${x} curves=${curves} isTime=${true} hasGaps=${true} range=${[0, null]}
              format=${format} height=${170} />
            <p class="small quiet">${note}</p>
          </section>
        `,
      )}
    </div>
  `;
}

/**
 * @param {Point[]} points
 * @param {string} model
 */
function describe(points, model) {
  /**
   * @param {string} label
   * @param {(figures: import("./measures.js").Figures) => number | null} value
   * @param {"accent" | "bar" | "good" | "warning" | "error"} color
   */
  const curve = (label, value, color, dash = false) => ({
    label,
    color,
    dash,
    values: series(points, ({ all, models }) => {
      const figures = model ? models.get(model) : all;
      return figures && value(figures);
    }),
  });
  const charts = [
    {
      title: model ? "Inputs a second" : "Requests a second",
      note: model
        ? "Inputs that got scores, and inputs that were refused."
        : "Requests to the API; those that failed have a status of 400 or more.",
      curves: [
        curve("answered", ({ rate }) => rate, "accent"),
        curve(model ? "refused" : "failed", ({ refused }) => refused, "error", true),
      ],
      format: plain,
    },
    {
      title: model ? "Time in the network" : "Time of a prediction's request",
      note: "Half, 95 % and 99 % of them took at most so long, as far as the buckets of the histogram tell.",
      curves: [
        curve("p50", ({ p50 }) => p50, "bar"),
        curve("p95", ({ p95 }) => p95, "accent"),
        curve("p99", ({ p99 }) => p99, "warning", true),
      ],
      format: duration,
    },
    {
      title: "Inputs in a batch",
      note: "The mean of the batches: inputs of several requests are computed together.",
      curves: [curve("inputs", ({ batch }) => batch, "accent")],
      format: plain,
    },
    {
      title: "Waiting and in progress",
      note: "Inputs in the queue, and predictions between decoding and scores.",
      curves: [
        curve("waiting", ({ queue }) => queue, "accent"),
        curve("in progress", ({ active }) => active, "warning", true),
      ],
      format: plain,
    },
    {
      title: "Memory",
      note: "Its versions: tensors, the plan, and room for a batch.",
      curves: [curve(model ? "the model" : "used", ({ memory }) => memory, "accent")],
      format: plain,
    },
  ];
  const memory = charts[4];
  if (!model) {
    const server = (/** @type {(point: Point) => number | null} */ value) => series(points, value);
    memory.note = "Used of the budget for models, the budget, and the whole process.";
    memory.curves.push(
      { label: "budget", color: "warning", dash: true, values: server(({ server: { limit } }) => limit) },
      { label: "process", color: "bar", dash: false, values: server((point) => point.server.process) },
    );
    charts.push({
      title: "Processors",
      note: `Of the ${points.at(-1)?.server.cores} that the server may use.`,
      curves: [{ label: "in use", color: "accent", dash: false, values: server(({ cpu }) => cpu) }],
      format: plain,
    });
  }
  toUnit(memory);
  return charts;
}

/**
 * Brings bytes to the unit that suits the largest, so that the axis has round numbers.
 * @param {{ curves: { values: (number | null)[] }[], format: (value: number) => string }} chart
 */
function toUnit(chart) {
  const most = Math.max(...chart.curves.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const [unit, size] = most >= 2 ** 30 ? ["GiB", 2 ** 30] : most >= 2 ** 20 ? ["MiB", 2 ** 20] : ["KiB", 2 ** 10];
  for (const curve of chart.curves) curve.values = curve.values.map((value) => (value === null ? null : value / size));
  chart.format = (value) => `${plain(value)} ${unit}`;
}
