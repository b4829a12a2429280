// @ts-check
import { Icon } from "../../components/icon.js";
import { announce } from "../../components/messages.js";
import { html, useEffect, useRef } from "../../lib/html.js";
import { setQuery } from "../../lib/router.js";
import { lesson } from "./draft.js";
import { Channels } from "./picture.js";

/**
 * @typedef {{ title: string, text: string, network: import("./network.js").Network }} Step
 * @type {Step[]}
 */
export const steps = [
  {
    title: "Find lines",
    text:
      "A filter of 3 × 3 numbers slides over the photo: at each place it multiplies what lies under it and adds up. " +
      "These numbers answer where a vertical line is. There is a picture for red, green and blue each.",
    network: {
      input: { channels: 3, height: 96, width: 96 },
      layers: [{ type: "filter2d", preset: "line_vertical" }, { type: "relu" }],
    },
  },
  lessonStep(
    1,
    "Learn the filters",
    "A convolution is a set of such filters, six here, each over all three colours. Nobody writes their numbers: " +
      "they begin at random, and training finds those that help.",
  ),
  lessonStep(
    2,
    "Keep what was found",
    "ReLU replaces every negative number by 0. Only the places where a filter answers remain, and without such a " +
      "bend many layers could do no more than one.",
  ),
  lessonStep(
    3,
    "Look from further away",
    "Max pooling keeps the greatest of each 2 × 2 numbers. The pictures are half as tall and wide, and a photo moved " +
      "by a pixel gives nearly the same.",
  ),
  lessonStep(
    4,
    "Find parts",
    "Twelve filters over the six pictures combine what the first ones found: lines to corners and curves. Each " +
      "number now sees 8 × 8 pixels of the photo, as the list says.",
  ),
  lessonStep(5, "Keep the parts", "ReLU again: after each layer that learns comes a bend."),
  lessonStep(
    6,
    "And further still",
    "Another pool: twelve pictures of 8 × 8 remain. The drawing shows how the network narrows: less and less " +
      "place, more and more meaning.",
  ),
  lessonStep(
    7,
    "Put it in a row",
    "Flatten writes the twelve pictures one after another, as 768 numbers. It computes nothing.",
  ),
  lessonStep(
    8,
    "Weigh everything",
    "A linear layer weighs all 768 numbers, twenty times over. Nine of ten parameters of this network are here.",
  ),
  lessonStep(9, "One more bend", "ReLU once more, so that the next layer can choose among what was found."),
  lessonStep(
    10,
    "Give the scores",
    "The last layer gives a score for each of ten classes; the server makes probabilities of them. Now create a " +
      "model of this network and train it with photos.",
  ),
];

/**
 * The lesson's network, a layer at a time, each in a sentence and with its picture.
 * @param {{ editor: import("./editor.js").Editor, at: number, onCreate: () => void }} props `at`: the step, from 1
 */
export function Tour({ editor, at, onCreate }) {
  const number = Math.min(Math.max(at, 1), steps.length);
  const { title, text, network } = steps[number - 1];
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  const isFirst = useRef(true);
  useEffect(() => {
    if (JSON.stringify(editor.network) !== JSON.stringify(network)) editor.open(network, undefined);
    if (!isFirst.current) announce(`Step ${number}: ${title}. ${text}`);
    isFirst.current = false;
  }, [number]);
  const next = () => setQuery({ tour: number + 1 });
  const isLast = number === steps.length;
  return html`
    <section class="panel tour" aria-labelledby="tour-title">
      <div class="tour-words stack">
        <p class="small quiet">Tour, step ${number} of ${steps.length}</p>
        <h2 id="tour-title" tabindex="-1" ref=${heading}>${title}</h2>
        <p class="tour-text">${text}</p>
        <progress value=${number} max=${steps.length} aria-label="Progress of the tour"></progress>
        <div class="row">
          <button type="button" disabled=${number === 1} onClick=${() => setQuery({ tour: number - 1 })}>Back</button>
          ${
            isLast
              ? html`<button type="button" class="primary" onClick=${onCreate}>Create a model</button>`
              : html`<button type="button" class="primary" onClick=${next}>Next</button>`
          }
          <button type="button" class="plain" onClick=${() => setQuery({ tour: undefined })}>
            <${Icon} name="close" />End the tour
          </button>
        </div>
      </div>
      <${Channels} network=${network} title=${title}
        isFlat=${network.layers.some((/** @type {{ type: string }} */ { type }) => type === "flatten")} />
    </section>
  `;
}

/**
 * @param {number} layers how many of the lesson's layers are there
 * @param {string} title
 * @param {string} text
 * @returns {Step}
 */
function lessonStep(layers, title, text) {
  return { title, text, network: { ...lesson, layers: lesson.layers.slice(0, layers) } };
}
