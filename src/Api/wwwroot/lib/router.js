// @ts-check
import { Store } from "./store.js";

/**
 * Where the user is: `#/models/lesson?version=2` is the page `models` with the parts `["lesson"]`.
 * @typedef {{ page: string, parts: string[], query: Record<string, string> }} Route
 */

/** @type {Store<Route>} */
export const route = new Store(parse(location.hash));

addEventListener("hashchange", () => route.set(parse(location.hash)));

/**
 * The address of a page, for links.
 * @param {string} page
 * @param {(string | number)[]} [parts]
 * @param {Record<string, string | number | undefined>} [query] without the empty ones
 */
export function href(page, parts = [], query = {}) {
  const values = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(values.map(([name, value]) => [name, String(value)])).toString();
  return `#/${[page, ...parts.map(String)].map(encodeURIComponent).join("/")}${text && `?${text}`}`;
}

/**
 * Goes to a page.
 * @param {string} page
 * @param {(string | number)[]} [parts]
 * @param {Record<string, string | number | undefined>} [query]
 */
export function go(page, parts, query) {
  location.hash = href(page, parts, query);
}

/**
 * Changes the query of the current page, without a new entry in the history.
 * @param {Record<string, string | number | undefined>} changes
 */
export function setQuery(changes) {
  const { page, parts, query } = route.value;
  history.replaceState(null, "", href(page, parts, { ...query, ...changes }));
  route.set(parse(location.hash));
}

/** @param {string} hash */
function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page, ...parts] = path.split("/").map(decode);
  return { page: page || "try", parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a hash that somebody typed
  }
}
