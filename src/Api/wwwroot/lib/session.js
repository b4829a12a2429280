// @ts-check
import { json, key } from "./api.js";
import { useResource } from "./hooks.js";
import { useStore } from "./store.js";

/**
 * What the current key may do.
 * @returns {import("./hooks.js").Resource<Api.KeyResponse>}
 */
export function useKey() {
  return useResource((signal) => json({ path: "v1/key" }, signal), [useStore(key)]);
}
