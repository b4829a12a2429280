// @ts-check
import { Windowed } from "../../components/windowed.js";
import { Select } from "../../components/field.js";
import { count } from "../../lib/format.js";
import { html, useMemo, useState } from "../../lib/html.js";

/** The parts of a class, in the order of the bar. */
const parts = /** @type {const} */ ([
  { key: "train", text: "train" },
  { key: "no_split", text: "no split" },
  { key: "val", text: "val" },
  { key: "test", text: "test" },
]);
const rowHeight = 48;
const orders = [
  { value: "name", text: "By name" },
  { value: "most", text: "Most photos first" },
  { value: "fewest", text: "Fewest photos first" },
];

/**
 * The classes with their numbers of photos, and how these are split, as bars. One class can be chosen.
 * @param {{
 *   classes: Api.DatasetClassResponse[],
 *   label: string | undefined,
 *   onLabel: (label: string | undefined) => void,
 * }} props
 */
export function ClassBars({ classes, label, onLabel }) {
  const [order, setOrder] = useState("name");
  const [search, setSearch] = useState("");
  const shown = useMemo(() => {
    const found = classes.filter((one) => one.label.toLowerCase().includes(search.toLowerCase()));
    if (order !== "name") found.sort((a, b) => (order === "most" ? b.images - a.images : a.images - b.images));
    return found;
  }, [classes, order, search]);
  const most = classes.reduce((max, { images }) => Math.max(max, images), 1);
  const used = parts.filter(({ key }) => classes.some((one) => one[key] > 0));
  const isLong = classes.length > 12;
  return html`
    <section class="panel" aria-labelledby="classes-title">
      <header>
        <h2 id="classes-title">${classes.length === 1 ? "1 class" : `${count(classes.length)} classes`}</h2>
        <ul class="row small legend">
          ${used.map(({ key, text }) => html`<li key=${key}><span class="mark ${key}"></span>${text}</li>`)}
        </ul>
      </header>
      ${isLong &&
      html`<div class="row filter-row">
        <label class="visually-hidden" for="class-search">Search the classes</label>
        <input id="class-search" type="search" placeholder="Search the classes" value=${search}
          onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} />
        <${Select} label="Order" value=${order} options=${orders} onChange=${setOrder} />
      </div>`}
      <div class=${isLong ? "class-list long" : "class-list"}>
        <${Windowed} count=${shown.length} rowHeight=${rowHeight} role="list" aria-label="Classes">
          ${(/** @type {number} */ i) => html`
            <${ClassBar} key=${shown[i].label} one=${shown[i]} most=${most} isChosen=${shown[i].label === label}
              onLabel=${onLabel} />
          `}
        <//>
      </div>
      ${shown.length === 0 && html`<p class="quiet">No class has “${search}” in its name.</p>`}
    </section>
  `;
}

/**
 * @param {{
 *   one: Api.DatasetClassResponse,
 *   most: number,
 *   isChosen: boolean,
 *   onLabel: (label: string | undefined) => void,
 * }} props
 */
function ClassBar({ one, most, isChosen, onLabel }) {
  const has = parts.filter(({ key }) => one[key] > 0);
  const isSplit = has.some(({ key }) => key !== "no_split");
  const split = has.map(({ key, text }) => `${count(one[key])} ${text}`).join(", ");
  return html`
    <div role="listitem">
      <button type="button" class="class-bar" aria-pressed=${isChosen}
        title=${isChosen ? "Show all classes" : `Show only ${one.label}`}
        onClick=${() => onLabel(isChosen ? undefined : one.label)}>
        <span class="label">${one.label}</span>
        <span class="small quiet">${isSplit ? split : count(one.images)}</span>
        <span class="track" aria-hidden="true">
          ${has.map(({ key }) => html`<span key=${key} class="mark ${key}"
            style=${{ width: `${(100 * one[key]) / most}%` }}></span>`)}
        </span>
      </button>
    </div>
  `;
}
