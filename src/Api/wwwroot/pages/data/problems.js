// @ts-check
import { Icon } from "../../components/icon.js";
import { html } from "../../lib/html.js";
import { Thumb } from "./thumb.js";

/** What to do, where the server's message does not say it. */
const advice = /** @type {Partial<Record<Api.DatasetProblemCode, string>>} */ ({
  too_few_classes: "Upload photos of at least two classes.",
  empty_class: "Upload photos of these classes.",
  too_few_images: "Upload more photos of these classes, or move those there are to another class.",
  few_images: "Twenty photos of each class are a good start; a training works with fewer, but its figures say little.",
  group_leak: "Move all photos of a group to one split.",
  one_color: "Look at them: they may be broken. Remove those that show nothing.",
  small_images: "Look at them: they may be thumbnails. Upload larger ones in their place.",
});

/**
 * All that is wrong with a data set, or may be, each with what to do.
 * @param {{ dataset: Api.DatasetResponse, onOpen: (id: string) => void }} props
 */
export function Problems({ dataset: { name, revision, problems }, onOpen }) {
  if (problems.length === 0) return null;
  const ordered = [...problems].sort((a, b) => a.severity.localeCompare(b.severity));
  return html`
    <section class="stack tight" aria-labelledby="problems">
      <h2 id="problems">Problems found</h2>
      ${ordered.map(({ code, severity, message, images }) => html`
        <div key=${code} class="note ${severity}">
          <${Icon} name="warning" />
          <div class="stack tight">
            <p><b>${severity === "error" ? "Before a training: " : ""}</b>${message}</p>
            ${advice[code] && html`<p class="small quiet">${advice[code]}</p>`}
            ${images.length > 0 &&
            html`<div class="strip">
              ${images.map((id, i) => html`
                <button type="button" key=${id} aria-label="Photo ${i + 1} of ${images.length}"
                  onClick=${() => onOpen(id)}>
                  <${Thumb} dataset=${name} revision=${revision} id=${id} alt="" size=${48} />
                </button>
              `)}
            </div>`}
          </div>
        </div>
      `)}
    </section>
  `;
}
