// @ts-check
import { send } from "./api.js";

/**
 * Saves what the server sends: a link can't send a key.
 * @param {import("./api.js").Request} request
 * @param {string} name of the file
 * @param {AbortSignal} signal
 */
export async function download(request, name, signal) {
  save(await (await send(request, signal)).blob(), name);
}

/**
 * Saves a file where the browser keeps downloads.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
