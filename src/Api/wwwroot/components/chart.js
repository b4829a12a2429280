// @ts-check
import { html, useEffect, useRef } from "../lib/html.js";
import uPlot from "../vendor/uplot.js";

/**
 * A curve: its values are null where there is none.
 * @typedef {{ label: string, values: (number | null)[],
 *   color?: "accent" | "bar" | "good" | "warning" | "error", dash?: boolean }} Curve
 */

/**
 * Curves over a common axis, with units, and the values under the pointer in the legend.
 * @param {{
 *   title: string,
 *   x: number[],
 *   curves: Curve[],
 *   xLabel?: string,
 *   unit?: string,
 *   isTime?: boolean,
 *   height?: number,
 *   range?: [number | null, number | null],
 *   hasGaps?: boolean,
 *   format?: (value: number) => string,
 * }} props `isTime`: x is in seconds since 1970; `hasGaps`: a null between values interrupts the line
 */
export function Chart(props) {
  const { title, x, curves, xLabel = "", unit = "", isTime = false, height = 180 } = props;
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {uPlot | null} */ (null));
  const latest = useRef(props);
  latest.current = props;
  const names = curves.map(({ label, color, dash }) => `${label} ${color} ${dash}`).join();

  useEffect(() => {
    const host = /** @type {HTMLDivElement} */ (element.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(latest.current, host), data(latest.current), host);
    };
    draw();
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: host.clientWidth, height }));
    resized.observe(host);
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [names, xLabel, unit, isTime, height]);

  useEffect(() => {
    chart.current?.setData(data(latest.current));
    const isPointed = (chart.current?.cursor.left ?? -1) >= 0;
    if (!isPointed) chart.current?.setLegend({ idx: x.length - 1 });
  }, [x, curves]);

  const last = curves
    .map(({ label, values }) => {
      const value = values.findLast((one) => one !== null);
      return value === undefined || value === null ? "" : `${label} ${formatter(props)(value)}`;
    })
    .filter(Boolean)
    .join(", ");
  return html`
    <figure>
      <figcaption class="small quiet">${title}</figcaption>
      <div ref=${element} role="img" aria-label="${title}. Latest: ${last || "none yet"}."
        style=${{ minHeight: `${height}px` }}></div>
    </figure>
  `;
}

/** @param {Parameters<typeof Chart>[0]} props */
function data({ x, curves }) {
  return /** @type {uPlot.AlignedData} */ ([x, ...curves.map(({ values }) => values)]);
}

/** @param {Parameters<typeof Chart>[0]} props */
function formatter({ format, unit }) {
  return format ?? ((/** @type {number} */ value) => `${Number(value.toPrecision(3))}${unit ? ` ${unit}` : ""}`);
}

/**
 * @param {Parameters<typeof Chart>[0]} props
 * @param {HTMLElement} host
 * @returns {uPlot.Options}
 */
function options(props, host) {
  const { curves, xLabel, isTime, height = 180, range, hasGaps } = props;
  const style = getComputedStyle(host);
  const font = `12px ${style.fontFamily}`;
  const color = (/** @type {string} */ name) => resolve(host, `--${name}`);
  const axis = { stroke: color("quiet"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false }, font };
  const format = formatter(props);
  return {
    width: host.clientWidth,
    height,
    pxAlign: false,
    cursor: { y: false, drag: { setScale: false } },
    scales: { x: { time: isTime ?? false }, y: range ? { range: (_, low, high) => bounds(range, low, high) } : {} },
    axes: [
      {
        ...axis,
        label: xLabel || undefined,
        labelSize: 18,
        labelFont: font,
        size: 28,
        ...(isTime && {
          space: 96,
          values: (/** @type {uPlot} */ _, /** @type {number[]} */ splits) => splits.map(clock),
        }),
      },
      { ...axis, size: 64, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {
        label: xLabel || (isTime ? "Time" : "x"),
        ...(isTime && {
          value: (/** @type {uPlot} */ _, /** @type {number | null} */ value) => (value ? clock(value) : "–"),
        }),
      },
      ...curves.map(({ label, color: name = "accent", dash }) => ({
        label,
        stroke: color(name),
        width: 1.5,
        dash: dash ? [5, 4] : undefined,
        points: { show: false },
        spanGaps: !hasGaps,
        value: (/** @type {uPlot} */ _, /** @type {number | null} */ value) => (value === null ? "–" : format(value)),
      })),
    ],
  };
}

/** A time of day, from seconds since 1970. */
const clock = (/** @type {number} */ time) => new Date(time * 1000).toLocaleTimeString();

/**
 * The ends of the y axis: those that are given, else with some room, also around nothing but zeros.
 * @param {[number | null, number | null]} range
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function bounds([from, to], low, high) {
  const bottom = from ?? low ?? 0;
  const top = Math.max(high ?? 0, bottom);
  const roomy = top > bottom ? /** @type {number} */ (uPlot.rangeNum(bottom, top, 0.1, true)[1]) : bottom + 1;
  return [bottom, to ?? roomy];
}

/**
 * The colour of a custom property, as a canvas understands it.
 * @param {HTMLElement} host
 * @param {string} name
 */
function resolve(host, name) {
  host.style.setProperty("color", `var(${name})`);
  const value = getComputedStyle(host).color;
  host.style.removeProperty("color");
  return value;
}
