// @ts-check
import { ErrorNote, Loading } from "../../components/messages.js";
import { json } from "../../lib/api.js";
import { amount } from "../../lib/format.js";
import { useAction } from "../../lib/hooks.js";
import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { cellTitle } from "./confusion.js";
import { pathOf } from "./evaluation-path.js";
import { ScoredPhotos } from "./scored-photos.js";

/**
 * The photos of a cell of the confusion matrix, some at a time.
 * @param {{
 *   evaluation: Api.EvaluationResponse,
 *   cell: { label: string, predicted: string },
 *   onClose: () => void,
 * }} props
 */
export function CellPhotos({ evaluation, cell, onClose }) {
  const [page, setPage] = useState(/** @type {Api.EvaluationImagesResponse | null} */ (null));
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const load = useAction(async (signal, /** @type {number | undefined} */ cursor) => {
    /** @type {Api.EvaluationImagesResponse} */
    const next = await json({ path: `${pathOf(evaluation)}/images`, query: { ...cell, limit: 24, cursor } }, signal);
    setPage((old) => ({ ...next, images: [...(old?.images ?? []), ...next.images] }));
  });
  useEffect(() => {
    load.run(undefined);
    heading.current?.focus();
    heading.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return html`
    <section class="stack tight cell-photos" aria-labelledby="cell">
      <div class="row between">
        <h2 id="cell" tabindex="-1" ref=${heading}>
          ${cellTitle(cell)}${page ? `: ${amount(page.count, "photo")}` : ""}
        </h2>
        <button type="button" onClick=${onClose}>Close</button>
      </div>
      ${page && html`<${ScoredPhotos} evaluation=${page} images=${page.images} />`}
      ${page?.count === 0 && html`<p class="quiet">No photo.</p>`}
      ${!page && load.isRunning && html`<${Loading} what="Loading the photos" />`}
      <${ErrorNote} error=${load.error} retry=${() => load.run(page?.next_cursor ?? undefined)} />
      ${page && page.next_cursor !== undefined && page.next_cursor !== null &&
      html`<div><button type="button" disabled=${load.isRunning}
        onClick=${() => load.run(page.next_cursor ?? undefined)}>Show more</button></div>`}
    </section>
  `;
}
