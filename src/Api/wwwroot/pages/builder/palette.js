// @ts-check
import { Dialog } from "../../components/dialog.js";
import { Field } from "../../components/field.js";
import { html, useState } from "../../lib/html.js";
import { kinds, kindOf, newLayer } from "./describe.js";
import { get, layerAt } from "./network.js";

/**
 * The layer types, to choose one from: search, arrow keys, Enter.
 * @param {{ editor: import("./editor.js").Editor }} props
 */
export function Palette({ editor }) {
  const isOpen = editor.adding !== null;
  return html`
    <${Dialog} title="Add a layer" isOpen=${isOpen} onClose=${() => editor.setAdding(null)}>
      ${isOpen && html`<${Types} editor=${editor} />`}
    <//>
  `;
}

/** @param {{ editor: import("./editor.js").Editor }} props */
function Types({ editor }) {
  const [search, setSearch] = useState("");
  const words = search
    .toLowerCase()
    .split(/[\s_]+/)
    .filter(Boolean);
  const found = editor.descriptions.filter(({ type, meaning }) => {
    const text = `${type} ${meaning}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const groups = Object.entries(kinds)
    .map(([kind, title]) => ({ title, types: found.filter(({ type }) => kindOf(type) === kind).sort(order(search)) }))
    .filter(({ types }) => types.length > 0)
    .sort((a, b) => rank(a.types[0].type, search) - rank(b.types[0].type, search));
  const add = (/** @type {string} */ type) => editor.add(newLayer(type, channelsAt(editor)));
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Enter" && event.currentTarget === event.target && groups.length > 0) {
      event.preventDefault();
      add(groups[0].types[0].type);
    }
    if (by === 0) return;
    event.preventDefault();
    const palette = /** @type {HTMLElement} */ (event.currentTarget).closest(".palette");
    const all = [.../** @type {Element} */ (palette).querySelectorAll("input, button")];
    const next = all[all.indexOf(/** @type {Element} */ (document.activeElement)) + by];
    /** @type {HTMLElement | undefined} */ (next)?.focus();
  };
  return html`
    <div class="palette">
      <${Field} label="Search" hint="Enter adds the first one; arrow keys go through them.">
        ${(/** @type {object} */ attributes) => html`
          <input ...${attributes} type="search" autocomplete="off" value=${search} autofocus onKeyDown=${keys}
            onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} />
        `}
      <//>
      <div class="palette-types" onKeyDown=${keys}>
        ${groups.map(
          ({ title, types }) => html`
            <section key=${title} aria-label=${title}>
              <h3 class="small quiet">${title}</h3>
              ${types.map(
                ({ type, meaning }) => html`
                  <button type="button" key=${type} onClick=${() => add(type)}>
                    <i class="sign ${kindOf(type)}"></i><b>${type}</b><span class="small quiet">${meaning}</span>
                  </button>
                `,
              )}
            </section>
          `,
        )}
        ${groups.length === 0 && html`<p class="quiet">No layer type has these words.</p>`}
      </div>
    </div>
  `;
}

/**
 * How well a type fits what is searched for; 0 is best.
 * @param {string} type
 * @param {string} search
 */
function rank(type, search) {
  const name = search.trim().toLowerCase();
  return type === name ? 0 : type.startsWith(name) ? 1 : type.includes(name) ? 2 : 3;
}

/**
 * The best first; layers of pictures before those of series and volumes.
 * @param {string} search
 * @returns {(a: { type: string }, b: { type: string }) => number}
 */
function order(search) {
  return (a, b) =>
    rank(a.type, search) - rank(b.type, search) || Number(/[13]d$/.test(a.type)) - Number(/[13]d$/.test(b.type));
}

/**
 * The channels that come in where a layer is added.
 * @param {import("./editor.js").Editor} editor
 */
function channelsAt({ network, analysis, adding }) {
  if (!adding) return 16;
  const isBranch = adding.list.endsWith("/branches");
  for (let { list, index } = { ...adding, index: isBranch ? 0 : adding.index }; list;) {
    const before = index > 0 ? get(network, `${list}/${index - 1}`) : undefined;
    if (before) return analysis.factsOf(before, `${list}/${index - 1}`)?.shape?.[0] ?? 16;
    const block = layerAt(list);
    if (!block) break;
    const end = block.lastIndexOf("/");
    list = block.slice(0, end);
    index = list.endsWith("/branches") ? 0 : Number(block.slice(end + 1)) || 0;
  }
  return network.input?.channels ?? network.input?.shape?.[0] ?? 16;
}
