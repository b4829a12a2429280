// @ts-check
import { Windowed } from "../../components/windowed.js";
import { html, useRef, useState } from "../../lib/html.js";
import { Thumb } from "./thumb.js";

const rowHeight = 136;

/**
 * Images as a grid, of which only those in view are loaded. Arrows move, Space chooses, Enter opens.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   images: Api.DatasetImageResponse[],
 *   total: number,
 *   chosen: Set<string>,
 *   isMixed: boolean,
 *   onChosen: (ids: Set<string>) => void,
 *   onOpen: (image: Api.DatasetImageResponse) => void,
 *   onWant: (count: number) => void,
 * }} props `isMixed`: they are of different classes
 */
export function ImageGrid({ dataset, images, total, chosen, isMixed, onChosen, onOpen, onWant }) {
  const [active, setActive] = useState(0);
  const columns = useRef(1);
  const anchor = useRef(0);
  const choose = (/** @type {number} */ index, /** @type {boolean} */ isRange) => {
    const next = new Set(chosen);
    const [from, to] = isRange ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    const isOn = isRange || !chosen.has(images[index]?.id);
    for (const { id } of images.slice(from, to + 1)) isOn ? next.add(id) : next.delete(id);
    anchor.current = index;
    onChosen(next);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const to = target(event.key, active, columns.current, total);
    if (to !== undefined) {
      setActive(to);
      onWant(to + 1);
      if (event.shiftKey) choose(to, true);
    } else if (event.key === " ") choose(active, event.shiftKey);
    else if (event.key === "Enter" && images[active]) onOpen(images[active]);
    else return;
    event.preventDefault();
  };
  const tile = (/** @type {number} */ index) => {
    const image = images[index];
    if (!image) return html`<div key=${index} class="tile waiting" role="option" aria-selected="false"
      aria-label="Not loaded yet"></div>`;
    return html`
      <${Tile} key=${image.id} dataset=${dataset.name} image=${image} index=${index} total=${total} isMixed=${isMixed}
        isActive=${index === active} isChosen=${chosen.has(image.id)}
        onChoose=${(/** @type {MouseEvent} */ event) => choose(index, event.shiftKey)}
        onOpen=${() => {
          setActive(index);
          onOpen(image);
        }} />
    `;
  };
  return html`
    <p class="small quiet" id="grid-help">
      Click a photo to see it large, its corner to choose it. By keyboard: arrows, Enter, Space; Shift for all between.
    </p>
    <${Windowed} class="image-grid" count=${total} rowHeight=${rowHeight} columnWidth=${108} active=${active}
      onView=${(/** @type {number} */ last, /** @type {number} */ n) => {
        columns.current = n;
        onWant(last);
      }}
      role="listbox" aria-multiselectable="true" aria-label="Photos" aria-describedby="grid-help" tabindex=${0}
      aria-activedescendant=${images[active] && `photo-${images[active].id}`} onKeyDown=${onKeyDown}>
      ${tile}
    <//>
  `;
}

/**
 * @param {{
 *   dataset: string,
 *   image: Api.DatasetImageResponse,
 *   index: number,
 *   total: number,
 *   isMixed: boolean,
 *   isActive: boolean,
 *   isChosen: boolean,
 *   onChoose: (event: MouseEvent) => void,
 *   onOpen: () => void,
 * }} props
 */
function Tile({ dataset, image, index, total, isMixed, isActive, isChosen, onChoose, onOpen }) {
  const { id, label, split, file_name } = image;
  const text = isMixed ? label : (file_name?.split("/").at(-1) ?? "");
  return html`
    <div id="photo-${id}" class="tile ${isActive ? "active" : ""}" role="option" aria-selected=${isChosen}
      aria-posinset=${index + 1} aria-setsize=${total} title="${file_name ?? ""}" onClick=${onOpen}>
      <${Thumb} dataset=${dataset} id=${id} alt="" />
      <span class="tick" aria-hidden="true" onClick=${(/** @type {MouseEvent} */ event) => {
        event.stopPropagation();
        onChoose(event);
      }}>${isChosen ? "✓" : ""}</span>
      <span class="caption"><span class="label">${text}</span>${split &&
        html`<span class="quiet">${split}</span>`}</span>
    </div>
  `;
}

/**
 * Where a key leads in a grid; undefined for other keys.
 * @param {string} key @param {number} at @param {number} columns @param {number} total
 */
function target(key, at, columns, total) {
  const to = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    PageDown: at + 4 * columns,
    PageUp: at - 4 * columns,
    Home: 0,
    End: total - 1,
  }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(total - 1, to));
}
