// @ts-check
import { send } from "./api.js";

/**
 * Saves an answer as a file: a link can't send a key.
 * @param {import("./api.js").Request} request
 * @param {string} name the file's name
 * @param {AbortSignal} [signal]
 */
export async function download(request, name, signal) {
  const url = URL.createObjectURL(await (await send(request, signal)).blob());
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
