// @ts-check
import { html, useEffect, useRef } from "../lib/html.js";

let isFirst = true;

/**
 * A page's title, and in one line what it is for. On going to another page it takes the focus, so that the keyboard and
 * screen readers begin there.
 * @param {{ title: string, trail?: { text: string, href: string }[], children?: any }} props `trail`: the pages above
 */
export function PageHead({ title, trail = [], children }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  return html`
    <header class="page-head">
      ${trail.length > 0 &&
      html`<nav class="trail" aria-label="Pages above">
        ${trail.map((page) => html`<a key=${page.href} href=${page.href}>${page.text}</a>`)}
      </nav>`}
      <h1 tabindex="-1" ref=${heading}>${title}</h1>
      <p>${children}</p>
    </header>
  `;
}
