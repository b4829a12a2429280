// @ts-check
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { Store, useStore } from "../lib/store.js";
import { Curl } from "./curl.js";

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} text what will happen, and whether it can be undone
 * @property {string} action the button's word, such as "Delete"
 * @property {import("../lib/api.js").Request} [request] shown as a command
 * @property {(yes: boolean) => void} answer
 */

const question = new Store(/** @type {Question | null} */ (null));

/**
 * Asks before something that can't be undone.
 * @param {Omit<Question, "answer">} asked
 * @returns {Promise<boolean>}
 */
export function confirm(asked) {
  return new Promise((resolve) => {
    question.set({ ...asked, answer: resolve });
  });
}

/** Where `confirm` asks; once on the page. */
export function Confirmation() {
  const asked = useStore(question);
  const close = (/** @type {boolean} */ yes) => {
    question.set(null);
    asked?.answer(yes);
  };
  return html`
    <${Dialog} title=${asked?.title ?? ""} isOpen=${asked !== null} onClose=${() => close(false)}>
      <p>${asked?.text}</p>
      ${asked?.request && html`<${Curl} request=${asked.request} />`}
      <div class="row end">
        <button type="button" onClick=${() => close(false)}>Cancel</button>
        <button type="button" class="danger" onClick=${() => close(true)}>${asked?.action}</button>
      </div>
    <//>
  `;
}

let count = 0;

/**
 * A modal window. Escape closes it; the focus returns to where it was.
 * @param {{ title: string, isOpen: boolean, onClose: () => void, children?: any }} props
 */
export function Dialog({ title, isOpen, onClose, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [id] = useState(() => `dialog-${count++}`);
  const isGone = useRef(false);
  useEffect(() => {
    if (isOpen) element.current?.showModal();
    else element.current?.close();
  }, [isOpen]);
  useEffect(
    () => () => {
      isGone.current = true;
      element.current?.close(); // an element that is only removed would take the focus with it
    },
    [],
  );
  return html`
    <dialog ref=${element} aria-labelledby=${id} onCancel=${onClose}
      onClose=${() => isOpen && !isGone.current && onClose()}>
      ${isOpen && html`<div class="stack"><h2 id=${id}>${title}</h2>${children}</div>`}
    </dialog>
  `;
}
