// @ts-check
import { json } from "../lib/api.js";
import { useResource } from "../lib/hooks.js";
import { html } from "../lib/html.js";
import { Select } from "./field.js";

/** All models, the newest first. */
export function useModels() {
  return useResource(async (signal) => {
    /** @type {Api.ModelListResponse} */
    const { models } = await json({ path: "v1/models" }, signal);
    return models.sort((a, b) => b.created_at.localeCompare(a.created_at));
  }, []);
}

/**
 * A choice of one model.
 * @param {{ models: Api.ModelResponse[], value: string | undefined, onChange: (name: string) => void }} props
 */
export function ModelSelect({ models, value, onChange }) {
  const options = models.map(({ name, weights }) => ({
    value: name,
    text: weights === "loaded" ? name : `${name} (${weights} weights)`,
  }));
  return html`<${Select} label="Model" value=${value} options=${options} onChange=${onChange} />`;
}
