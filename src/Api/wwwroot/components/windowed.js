// @ts-check
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";

/**
 * A long list or grid of which only the rows in view, and some around them, are in the document. It scrolls with the
 * page, or with the nearest element around it that scrolls.
 * @param {{
 *   count: number,
 *   rowHeight: number,
 *   columnWidth?: number,
 *   active?: number,
 *   onView?: (last: number, columns: number) => void,
 *   children: (index: number) => any,
 * } & Record<string, any>} props `columnWidth`: the least width of a column; without it, there is one. `active`: the
 *   item that is kept in view. `onView`: hears of the last item in view. What else is given becomes attributes.
 */
export function Windowed({ count, rowHeight, columnWidth, active, onView, children, ...attributes }) {
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ first: 0, last: 0, columns: 1 });
  const { columns } = view;
  const rows = Math.ceil(count / columns);

  useLayoutEffect(() => {
    const host = /** @type {HTMLDivElement} */ (element.current);
    const look = () => {
      const next = visible(host, rowHeight, columnWidth);
      const isSame = (/** @type {typeof next} */ old) =>
        old.first === next.first && old.last === next.last && old.columns === next.columns;
      setView((old) => (isSame(old) ? old : next));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(host);
    document.addEventListener("scroll", look, { capture: true, passive: true });
    addEventListener("resize", look);
    return () => {
      resized.disconnect();
      document.removeEventListener("scroll", look, { capture: true });
      removeEventListener("resize", look);
    };
  }, [rowHeight, columnWidth]);

  const last = Math.min(count, (view.last + 1) * columns);
  useEffect(() => onView?.(last, columns), [last, columns, count]);
  const before = useRef(active);
  useEffect(() => {
    if (active === before.current) return; // the page does not move by itself when the list appears
    before.current = active;
    const row = Math.floor((active ?? 0) / columns);
    if (active !== undefined && element.current) keepInView(element.current, row * rowHeight, rowHeight);
  }, [active]);

  const items = [];
  for (let index = view.first * columns; index < last; index++) items.push(children(index));
  return html`
    <div ref=${element} ...${attributes} class="windowed ${attributes.class ?? ""}"
      style=${{ height: `${rows * rowHeight}px` }}>
      <div role="presentation" style=${{
        transform: `translateY(${view.first * rowHeight}px)`,
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridAutoRows: `${rowHeight}px`,
      }}>${items}</div>
    </div>
  `;
}

/** @param {HTMLElement} host @param {number} rowHeight @param {number | undefined} columnWidth */
function visible(host, rowHeight, columnWidth) {
  const { top, width } = host.getBoundingClientRect();
  const frame = scrollerOf(host)?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
  const [low, high] = [Math.max(0, frame.top), Math.min(innerHeight, frame.bottom)];
  return {
    first: Math.max(0, Math.floor((low - top) / rowHeight) - 2),
    last: Math.max(0, Math.ceil((high - top) / rowHeight) + 1),
    columns: columnWidth ? Math.max(1, Math.floor(width / columnWidth)) : 1,
  };
}

/** @param {HTMLElement} host @param {number} rowTop @param {number} rowHeight */
function keepInView(host, rowTop, rowHeight) {
  const scroller = scrollerOf(host);
  const frame = scroller?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
  const top = host.getBoundingClientRect().top + rowTop;
  const margin = scroller ? 0 : 120; // what sticks to the page's edges
  const by = top < frame.top + margin ? top - frame.top - margin : Math.max(0, top + rowHeight - frame.bottom + margin);
  if (by) (scroller ?? document.scrollingElement)?.scrollBy(0, by);
}

/** @param {HTMLElement} host */
function scrollerOf(host) {
  for (let one = host.parentElement; one && one !== document.body; one = one.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  }
  return undefined;
}
