// @ts-check
import { Store } from "./store.js";

/**
 * A request to the server. `send` sends it, `curl` writes it as a command; so what is shown is what is sent.
 * @typedef {object} Request
 * @property {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} [method] GET if absent
 * @property {string} path from the server's root, such as `v1/models`; made by the template `path`
 * @property {Record<string, string | number | boolean | null | undefined>} [query] without the empty ones
 * @property {unknown} [json] the body, as JSON
 * @property {Blob} [body] the body, as a file; its type is the Content-Type
 * @property {Record<string, string | Blob | Blob[]>} [form] the body, as a multipart form
 * @property {Record<string, string>} [headers]
 * @property {RequestCache} [cache] without it, nothing is taken from the browser's cache
 */

/** The key, in memory and for this tab only; null without one. */
export const key = new Store(readKey());

/** Whether the server answers. */
export const isOnline = new Store(true);

/** An answer with an error status (RFC 9457), or no answer: then `status` is 0 and `code` is `unreachable`. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {Partial<Api.ErrorResponse> & { retryAfter?: number }} problem
   */
  constructor(status, problem) {
    super(problem.detail ?? `The server answered with status ${status}.`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.errors = problem.errors ?? [];
    this.problem = problem;
    /** Seconds, where the server says when to try again. */
    this.retryAfter = problem.retryAfter;
  }
}

/**
 * Makes a path with its values escaped: path`v1/models/${name}`.
 * @param {TemplateStringsArray} strings
 * @param {...(string | number)} values
 */
export function path(strings, ...values) {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

/** @param {string | null} value */
export function setKey(value) {
  if (value) sessionStorage.setItem("key", value);
  else sessionStorage.removeItem("key");
  key.set(value || null);
}

/**
 * Sends a request, and throws an ApiError unless its status is 2xx.
 * @param {Request} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function send(request, signal) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(address(request), {
      method: request.method ?? "GET",
      headers: headersOf(request),
      body: bodyOf(request),
      signal,
      cache: request.cache ?? "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    lost();
    throw new ApiError(0, { code: /** @type {any} */ ("unreachable"), detail: "The server does not answer." });
  }
  isOnline.set(true);
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  throw new ApiError(response.status, { ...problem, retryAfter });
}

/**
 * Sends a request, and reads its answer as JSON.
 * @template [T=any]
 * @param {Request} request
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function json(request, signal) {
  const response = await send(request, signal);
  return response.status === 204 ? /** @type {T} */ (undefined) : response.json();
}

/**
 * The events of a stream, each with its id. It goes on after a lost connection with the event that follows the last.
 * @param {string} source path of the stream
 * @param {AbortSignal} signal ends it
 * @returns {AsyncGenerator<{ id: string, event: string, data: any }>}
 */
export async function* events(source, signal) {
  let last = "";
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const response = await send({ path: source, headers }, signal);
      for await (const block of blocks(response)) {
        attempt = 0;
        const event = parseEvent(block);
        if (!event) continue;
        last = event.id || last;
        yield event;
      }
      return; // the server ended the stream
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status !== 0 && error.status < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 500 * 2 ** attempt)));
    }
  }
}

/**
 * The request as a command for a shell. The key is a variable, and a file is a name.
 * @param {Request} request
 */
export function curl(request) {
  const parts = [`curl ${quote(new URL(address(request), document.baseURI).href)}`];
  const { method = "GET" } = request;
  const hasBody = request.json !== undefined || request.body || request.form;
  if (method !== (hasBody ? "POST" : "GET")) parts.push(`-X ${method}`);
  if (key.value) parts.push('-H "Authorization: Bearer $KEY"');
  for (const [name, value] of Object.entries(request.headers ?? {})) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (request.json !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(request.json))}`);
  } else if (request.body) {
    parts.push(`-H 'Content-Type: ${typeOf(request.body)}'`);
    parts.push(`--data-binary @${fileName(request.body)}`);
  }
  for (const [name, value] of Object.entries(request.form ?? {})) {
    for (const part of [value].flat()) {
      parts.push(`-F ${typeof part === "string" ? quote(`${name}=${part}`) : quote(`${name}=@${fileName(part)}`)}`);
    }
  }
  return parts.join(" \\\n  ");
}

function readKey() {
  return sessionStorage.getItem("key");
}

/** @param {Request} request */
export function address({ path, query = {} }) {
  const values = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(values.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** @param {Request} request */
export function headersOf(request) {
  /** @type {Record<string, string>} */
  const headers = { ...request.headers };
  if (key.value) headers.Authorization ??= `Bearer ${key.value}`;
  if (request.json !== undefined) headers["Content-Type"] = "application/json";
  else if (request.body) headers["Content-Type"] = typeOf(request.body);
  return headers;
}

/**
 * The Content-Type of a file. A browser knows it by the file's ending: a file without one may be a photo all the same.
 * @param {Blob} file
 */
const typeOf = (file) => file.type || "application/octet-stream";

/** @param {Request} request */
export function bodyOf({ json, body, form }) {
  if (json !== undefined) return JSON.stringify(json);
  if (!form) return body;
  const data = new FormData();
  for (const [name, value] of Object.entries(form)) for (const part of [value].flat()) data.append(name, part);
  return data;
}

/** Asks until the server answers again; pages that show its state then load it anew. */
function lost() {
  if (!isOnline.value) return;
  isOnline.set(false);
  const ask = async () => {
    try {
      if ((await fetch("health/live", { cache: "no-store" })).ok) return isOnline.set(true);
    } catch {
      // still away
    }
    if (!isOnline.value) setTimeout(ask, 1000);
  };
  setTimeout(ask, 500);
}

/** @param {Response} response */
async function* blocks(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
      const parts = text.split("\n\n");
      text = /** @type {string} */ (parts.pop());
      yield* parts;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** @param {string} block */
function parseEvent(block) {
  const event = { id: "", event: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (name === "data") event.data += (event.data && "\n") + value;
    else if (name) event[/** @type {"id" | "event"} */ (name)] = value;
  }
  return event.data ? { ...event, data: JSON.parse(event.data) } : null;
}

/** @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {Blob} blob */
function fileName(blob) {
  return blob instanceof File && /^[\w.-]+$/.test(blob.name) ? blob.name : "FILE";
}
