// @ts-check
import { ApiError } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/html.js";
import { href } from "../lib/router.js";
import { Store, useStore } from "../lib/store.js";
import { Icon } from "./icon.js";

const spoken = new Store("");
const toasts = new Store(/** @type {{ id: number, text: string }[]} */ ([]));
let nextToast = 0;

/** Says a result to people who don't see the page. */
export function announce(/** @type {string} */ text) {
  spoken.set(spoken.value === text ? `${text}\u00a0` : text);
}

/** Shows for some seconds that something was done. */
export function toast(/** @type {string} */ text) {
  const id = nextToast++;
  toasts.set([...toasts.value, { id, text }]);
  setTimeout(() => toasts.set(toasts.value.filter((other) => other.id !== id)), 5000);
}

/** Where `announce` and `toast` write; once on the page. */
export function Messages() {
  return html`
    <div class="visually-hidden" role="status">${useStore(spoken)}</div>
    <div class="toasts" role="log">${useStore(toasts).map(({ id, text }) => html`<div key=${id}>${text}</div>`)}</div>
  `;
}

/**
 * What went wrong, in the server's words, with the places of all errors.
 * @param {{ error: any, retry?: () => void }} props
 */
export function ErrorNote({ error, retry }) {
  if (!error) return null;
  const isApi = error instanceof ApiError;
  if (!isApi) console.error(error);
  const needsKey = isApi && (error.status === 401 || error.status === 403);
  return html`
    <div class="note error" role="alert">
      <${Icon} name="warning" />
      <div>
        <p>${isApi ? error.message : `The page failed: ${error.message ?? error}`}</p>
        ${isApi && html`<${Places} error=${error} />`}
        ${isApi && error.problem.trace_id && html`<p class="small quiet">Trace ${error.problem.trace_id}</p>`}
        ${error.retryAfter && html`<p>Try again in ${error.retryAfter} s.</p>`}
        ${needsKey &&
        html`<p><a href=${href("key")}>${error.status === 401 ? "Enter a key" : "Use another key"}</a></p>`}
        ${retry && html`<p><button type="button" onClick=${retry}>Try again</button></p>`}
      </div>
    </div>
  `;
}

/**
 * The places of an error: the first ones, as a file may be wrong in hundreds; not one that the message has already
 * said. Several may have the same detail, which the message says of one of them.
 * @param {{ error: ApiError }} props
 */
function Places({ error: { errors, message } }) {
  const places = errors.filter(({ pointer, detail }) =>
    !message.includes(errors.length === 1 ? detail : `${pointer.slice(1)}: ${detail}`));
  return html`
    ${places
      .slice(0, 5)
      .map(
        ({ pointer, detail }) => html`<p key=${pointer}>${pointer && html`<code>${pointer}</code> `}${detail}</p>`,
      )}
    ${places.length > 5 && html`<p>And ${places.length - 5} more.</p>`}
  `;
}

/** Says that something comes, but only if it takes long enough to be noticed. */
export function Loading({ what = "Loading" }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return html`<p class="loading">${isSlow ? `${what} …` : ""}</p>`;
}

/**
 * What to do where there is nothing yet. Its children are the button that does it.
 * @param {{ title: string, text?: string, children?: any }} props
 */
export function Empty({ title, text, children }) {
  return html`<div class="empty"><h2>${title}</h2>${text && html`<p>${text}</p>`}${children}</div>`;
}

/**
 * Draws a resource: its data once it is there, else that it is loading or what is wrong. An error beside old data is
 * shown above the data.
 * @template T
 * @param {{ of: import("../lib/hooks.js").Resource<T>, what?: string, children: (data: T) => any }} props
 */
export function Loaded({ of, what, children }) {
  const { data, error, reload } = of;
  const isTold = data !== undefined && error?.code === "unreachable"; // by the banner of the page
  return html`
    <div class="loaded">
      ${error && !isTold && html`<${ErrorNote} error=${error} retry=${reload} />`}
      ${data !== undefined ? children(data) : !error && html`<${Loading} what=${what} />`}
    </div>
  `;
}
