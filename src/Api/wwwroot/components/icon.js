// @ts-check
import { html } from "../lib/html.js";

/** Outlines on a grid of 20, drawn in the colour of the text. */
const outlines = {
  try: "M4 5h3l1.5-2h3L13 5h3v11H4z M10 8a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  builder: "M4 3h12v4H4z M6 8.5h8v4H6z M8 14h4v3H8z",
  inside: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5z M10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  data: "M3 17V3 M3 17h14 M6 13l3-4 3 2 4-6",
  models: "M10 3l7 3.5-7 3.5-7-3.5z M3 10l7 3.5 7-3.5 M3 13.5L10 17l7-3.5",
  live: "M2 10h4l2-5 4 10 2-5h4",
  key: "M13 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7 M10.5 10L4 16.5 M6 14.5l2 2",
  close: "M5 5l10 10 M15 5L5 15",
  add: "M10 4v12 M4 10h12",
  remove: "M4 6h12 M8 6V4h4v2 M6 6l.7 10h6.6L14 6",
  up: "M10 16V5 M5 10l5-5 5 5",
  down: "M10 4v11 M5 10l5 5 5-5",
  open: "M7.5 5l5 5-5 5",
  undo: "M7 5L3.5 8.5 7 12 M4 8.5h8a4 4 0 0 1 0 8H9",
  redo: "M13 5l3.5 3.5L13 12 M16 8.5H8a4 4 0 0 0 0 8h3",
  camera: "M3 6h9v8H3z M12 9l5-2.5v7L12 11",
  check: "M4 10.5l4 4 8-9",
  warning: "M10 3l8 14H2z M10 8v4 M10 14.2v.3",
};

/**
 * A picture beside words; it says nothing by itself.
 * @param {{ name: keyof typeof outlines }} props
 */
export function Icon({ name }) {
  return html`<svg width="20" height="20" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${outlines[name]} /></svg>`;
}
