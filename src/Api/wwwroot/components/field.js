// @ts-check
import { html, useState } from "../lib/html.js";

let count = 0;

/**
 * A label with its control, which gets the `id` that ties both: children is a function of the control's attributes.
 * @param {{ label: string, hint?: any, error?: string, children: (attributes: object) => any }} props
 */
export function Field({ label, hint, error, children }) {
  const [id] = useState(() => `field-${count++}`);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    id,
    "aria-describedby": described || undefined,
    "aria-invalid": error ? "true" : undefined,
  };
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${children(attributes)}
      ${hint && html`<span class="hint" id="${id}-hint">${hint}</span>`}
      ${error && html`<span class="wrong" id="${id}-error">${error}</span>`}
    </div>
  `;
}

/**
 * A choice of some values.
 * @param {{
 *   label: string,
 *   value: string | undefined,
 *   options: (string | { value: string, text: string })[],
 *   onChange: (value: string) => void,
 *   hint?: any,
 *   disabled?: boolean,
 * }} props
 */
export function Select({ label, value, options, onChange, hint, disabled }) {
  return html`
    <${Field} label=${label} hint=${hint}>
      ${(/** @type {object} */ attributes) => html`
        <select ...${attributes} value=${value} disabled=${disabled}
          onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.value)}>
          ${options.map((option) => {
            const { value: own, text } = typeof option === "string" ? { value: option, text: option } : option;
            return html`<option key=${own} value=${own} selected=${own === value}>${text}</option>`;
          })}
        </select>
      `}
    <//>
  `;
}
