// @ts-check
const width = 56;

/** A network as JSON: a line for each layer that fits on one. */
export function format(/** @type {any} */ network) {
  if (!isObject(network)) return `${spread(network, "")}\n`;
  const lines = Object.entries(network).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${spread(value, "  ", name)}`,
  );
  return lines.length ? `{\n${lines.join(",\n")}\n}\n` : "{}\n";
}

/**
 * Where each value stands in a valid text, by its JSON Pointer: from the first character to the one after the last.
 * @param {string} text
 * @returns {Map<string, { start: number, end: number }>}
 */
export function locate(text) {
  /** @type {Map<string, { start: number, end: number }>} */
  const places = new Map();
  let at = 0;
  const space = () => {
    while (at < text.length && " \t\r\n".includes(text[at])) at++;
  };
  const string = () => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return JSON.parse(text.slice(start, ++at));
  };
  const value = (/** @type {string} */ pointer) => {
    space();
    const start = at;
    if (text[at] === "{" || text[at] === "[") {
      const isList = text[at++] === "[";
      for (let index = 0; ; index++) {
        space();
        if (text[at] === "}" || text[at] === "]" || at >= text.length) break;
        const name = isList ? String(index) : string();
        if (!isList) {
          space();
          at++; // the colon
        }
        value(`${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`);
        space();
        if (text[at] === ",") at++;
      }
      at++;
    } else if (text[at] === '"') {
      string();
    } else {
      while (at < text.length && !" \t\r\n,]}".includes(text[at])) at++;
    }
    places.set(pointer, { start, end: at });
  };
  value("");
  return places;
}

/** The line of a position, from 0. */
export function lineOf(/** @type {string} */ text, /** @type {number} */ position) {
  let line = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < position; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/**
 * A value, on more than one line if it does not fit on one. The properties of an object fill its lines.
 * @param {any} value
 * @param {string} indent
 * @param {string} [name]
 * @returns {string}
 */
function spread(value, indent, name = "") {
  const line = flat(value);
  if (indent.length + name.length + line.length <= width && !holdsLayers(value)) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value) && value.some(isObject)) {
    return `[\n${value.map((item) => inner + spread(item, inner)).join(",\n")}\n${indent}]`;
  }
  if (!isObject(value)) return line;
  const lines = [`${indent}{`];
  const entries = Object.entries(value);
  entries.forEach(([key, own], i) => {
    const text = `${JSON.stringify(key)}: ${spread(own, inner, key)}${i < entries.length - 1 ? "," : " }"}`;
    const last = lines[lines.length - 1];
    const fits = !text.includes("\n") && !last.includes("\n") && last.length + 1 + text.length <= width + 4;
    if (fits || i === 0) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(inner + text);
  });
  return lines.join("\n").slice(indent.length);
}

/**
 * @param {any} value
 * @returns {string}
 */
function flat(value) {
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, own]) => `${JSON.stringify(name)}: ${flat(own)}`);
  return parts.length ? `{ ${parts.join(", ")} }` : "{}";
}

/** @param {any} value */
function holdsLayers(value) {
  if (Array.isArray(value)) return value.some(isObject);
  return isObject(value) && Object.values(value).some((own) => Array.isArray(own) && own.some(isObject));
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
