// @ts-check
import { html, useEffect, useMemo, useRef } from "../../lib/html.js";
import { allLayers, get, layerAt } from "./network.js";
import { lineOf, locate } from "./text.js";

const lineHeight = 20;

/**
 * The network as JSON. Problems stand at their lines and below; the selected layer is marked, and a click into a layer
 * selects it.
 * @param {{ editor: import("./editor.js").Editor }} props
 */
export function JsonEditor({ editor }) {
  const { moment, analysis, selected } = editor;
  const { text, fault } = moment;
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const scroller = useRef(/** @type {HTMLDivElement | null} */ (null));
  const places = useMemo(() => (fault === undefined ? locate(text) : new Map()), [text, fault]);
  const lines = useMemo(() => text.split("\n"), [text]);
  const numbers = useMemo(() => lines.map((_, i) => i + 1).join("\n"), [lines.length]);
  const columns = useMemo(() => lines.reduce((most, line) => Math.max(most, line.length), 0), [lines]);
  const spanOf = (/** @type {string} */ pointer) => {
    const place = nearest(places, pointer);
    return place && { ...place, top: lineOf(text, place.start), bottom: lineOf(text, place.end - 1) };
  };
  const span = selected === null ? undefined : spanOf(selected);

  useEffect(() => {
    const box = scroller.current;
    if (!box || !span || document.activeElement === area.current) return;
    const [top, bottom] = [span.top * lineHeight, (span.bottom + 1) * lineHeight];
    if (top >= box.scrollTop && bottom <= box.scrollTop + box.clientHeight) return;
    box.scrollTop = Math.max(0, top - lineHeight * 2);
  }, [selected]);

  const follow = () => {
    const at = area.current?.selectionStart ?? 0;
    const inside = allLayers(editor.network).filter(({ pointer }) => {
      const place = places.get(pointer);
      return place && place.start <= at && at <= place.end;
    });
    if (inside.length > 0) editor.select(inside[inside.length - 1].pointer);
  };
  const show = (/** @type {string} */ pointer) => {
    const place = spanOf(pointer);
    if (get(editor.network, layerAt(pointer))) editor.select(layerAt(pointer) || null);
    if (!place || !area.current || !scroller.current) return;
    area.current.focus({ preventScroll: true });
    area.current.setSelectionRange(place.start, place.end);
    scroller.current.scrollTop = Math.max(0, (place.top - 2) * lineHeight);
  };
  const at = Number(/position (\d+)/.exec(fault ?? "")?.[1] ?? Number.NaN);
  const faultLine = Number.isNaN(at) ? -1 : lineOf(text, at);
  const marks = fault === undefined && !analysis.isStale ? analysis.problems : [];
  return html`
    <div class="json ${fault ? "wrong" : ""}" ref=${scroller}>
      <div class="json-page">
        <pre class="json-lines" aria-hidden="true">${numbers}</pre>
        <div class="json-text">
          ${span && html`<i class="json-mark selected" style=${markStyle(span.top, span.bottom)}></i>`}
          ${marks.map(({ kind, pointer, detail }) => {
            const place = spanOf(pointer);
            return (
              place &&
              html`<i key=${pointer + detail} class="json-mark ${kind}" style=${markStyle(place.top, place.top)}></i>`
            );
          })}
          ${faultLine >= 0 && html`<i class="json-mark error" style=${markStyle(faultLine, faultLine)}></i>`}
          <textarea ref=${area} aria-label="The network as JSON" aria-invalid=${fault ? "true" : undefined}
            aria-describedby="json-fault" spellcheck=${false} autocomplete="off" autocapitalize="off" wrap="off"
            rows=${lines.length} cols=${columns + 2} value=${text} onClick=${follow}
            onInput=${(/** @type {any} */ event) => editor.write(event.currentTarget.value)}></textarea>
        </div>
      </div>
    </div>
    <div id="json-fault" role="status">
      ${
        fault &&
        html`
          <p class="problem small error">
            <span><b>No JSON:</b> ${fault}. List and drawing show the network before.</span>
          </p>
        `
      }
    </div>
    ${
      marks.length > 0 &&
      html`
      <ul class="json-problems small">
        ${marks.slice(0, 20).map(
          (problem) => html`
            <li key=${problem.pointer + problem.detail}>
              <button type="button" class="plain small" onClick=${() => show(problem.pointer)}>
                <code>${problem.pointer || "the network"}</code>
              </button>
              <span class="quiet">${problem.detail}</span>
            </li>
          `,
        )}
      </ul>
    `
    }
  `;
}

/**
 * The place of a value, or of what it would be in.
 * @param {Map<string, { start: number, end: number }>} places
 * @param {string} pointer
 */
function nearest(places, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const place = places.get(at);
    if (place) return place;
  }
  return undefined;
}

/**
 * @param {number} first
 * @param {number} last
 */
function markStyle(first, last) {
  return { top: `${first * lineHeight}px`, height: `${(last - first + 1) * lineHeight}px` };
}
