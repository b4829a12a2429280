// @ts-check
import { Curl } from "../components/curl.js";
import { Select } from "../components/field.js";
import { ErrorNote, Loading } from "../components/messages.js";
import { PageHead } from "../components/page-head.js";
import { ApiError, isOnline, key } from "../lib/api.js";
import { bytes, milliseconds } from "../lib/format.js";
import { useResource } from "../lib/hooks.js";
import { html, useEffect, useState } from "../lib/html.js";
import { setQuery } from "../lib/router.js";
import { useStore } from "../lib/store.js";
import { Charts } from "./live/charts.js";
import { readNext } from "./live/history.js";
import { ModelTable, number } from "./live/model-table.js";

/** @typedef {import("./live/measures.js").Point} Point */

const everySecond = 2;

/**
 * What the server does now.
 * @param {{ route: import("../lib/router.js").Route }} props
 */
export function Page({ route }) {
  const held = useStore(key);
  const [isRefused, setRefused] = useState(false);
  const read = useResource(readNext, [held], { every: isRefused ? undefined : everySecond * 1000 });
  const refused = read.error instanceof ApiError && [401, 403].includes(read.error.status);
  useEffect(() => setRefused(refused), [refused]);
  const points = read.data ?? [];
  return html`
    <${PageHead} title="Live">
      What the server does now: every ${everySecond} seconds, each figure about the last ten, kept for ten minutes.
    <//>
    <div class="stack">
      ${refused
        ? html`<${Refused} error=${read.error} retry=${read.reload} />`
        : points.length > 0
          ? html`<${Figures} points=${points} wanted=${route.query.model} error=${read.error} />`
          : read.error
            ? html`<${ErrorNote} error=${read.error} retry=${read.reload} />`
            : html`<${Loading} what="Reading the metrics twice" />`}
      <${Curl} request=${{ path: "metrics" }} />
    </div>
  `;
}

/** @param {{ error: any, retry: () => void }} props */
function Refused({ error, retry }) {
  return html`
    <div class="stack">
      <${ErrorNote} error=${error} retry=${retry} />
      <p class="quiet">
        The figures come from the server's metrics, which need a key with the scope <code>metrics</code>.
      </p>
    </div>
  `;
}

/** @param {{ points: Point[], wanted: string | undefined, error: any }} props */
function Figures({ points, wanted, error }) {
  const last = /** @type {Point} */ (points.at(-1));
  const online = useStore(isOnline);
  const names = [...last.models.keys()].sort();
  const model = wanted && last.models.has(wanted) ? wanted : "";
  const options = [{ value: "", text: "All models" }, ...names.map((name) => ({ value: name, text: name }))];
  const at = new Date(last.time * 1000).toLocaleTimeString();
  return html`
    <div class="stack">
      <div class="live-head">
        <${Select} label="Model" value=${model} options=${options}
          onChange=${(/** @type {string} */ name) => setQuery({ model: name })} />
        <p class="small quiet">${online && !error ? "" : "The server does not answer. "}As of ${at}</p>
      </div>
      ${error && online && html`<${ErrorNote} error=${error} />`}
      <${Now} point=${last} model=${model} />
      <${Charts} points=${points} model=${model} />
      <${ModelTable} point=${last} />
    </div>
  `;
}

/** @param {{ point: Point, model: string }} props */
function Now({ point, model }) {
  const one = (model && point.models.get(model)) || point.all;
  const time = (/** @type {number | null} */ seconds) => (seconds === null ? "–" : milliseconds(seconds * 1000));
  /** @type {[string, string][]} */
  const figures = [
    [model ? "Inputs a second" : "Requests a second", number(one.rate)],
    [model ? "Refused a second" : "Failed a second", number(one.refused)],
    ["Half take at most", time(one.p50)],
    ["95 % at most", time(one.p95)],
    ["99 % at most", time(one.p99)],
    ["Inputs in a batch", one.batch === null ? "–" : number(one.batch)],
    ["Waiting", number(one.queue)],
    ["Memory", bytes(one.memory)],
  ];
  return html`
    <dl class="live-now">
      ${figures.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
}
