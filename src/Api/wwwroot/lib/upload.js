// @ts-check
import { ApiError, address, bodyOf, headersOf, isOnline } from "./api.js";

/**
 * Sends a request with a large body, and tells how much of it has gone out: `fetch` can't.
 * @param {import("./api.js").Request} request
 * @param {AbortSignal} signal
 * @param {(sent: number, total: number) => void} onProgress in bytes
 * @returns {Promise<any>} the answer's JSON
 */
export function upload(request, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const cancel = () => call.abort();
    signal.addEventListener("abort", cancel);
    call.open(request.method ?? "POST", address(request));
    for (const [name, value] of Object.entries(headersOf(request))) call.setRequestHeader(name, value);
    call.responseType = "json";
    call.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total);
    call.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    call.onerror = () => reject(new ApiError(0, { detail: "The connection broke before the upload was complete." }));
    call.onload = () => {
      isOnline.set(true);
      if (call.status < 300) return resolve(call.response);
      const retryAfter = Number(call.getResponseHeader("Retry-After")) || undefined;
      reject(new ApiError(call.status, { ...call.response, retryAfter }));
    };
    call.onloadend = () => signal.removeEventListener("abort", cancel);
    if (signal.aborted) reject(new DOMException("The upload was cancelled.", "AbortError"));
    else call.send(/** @type {any} */ (bodyOf(request)));
  });
}
