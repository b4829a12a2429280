// @ts-check
const integer = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A whole number with groups of three: 25,557,032. */
export const count = (/** @type {number} */ value) => integer.format(value);

/** How many there are of something: 1 photo, 12 photos. */
export const amount = (/** @type {number} */ value, /** @type {string} */ one, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A large number in three digits: 25.6M. */
export const compact = (/** @type {number} */ value) => short.format(value);

/** A share of one as a percentage: 97.3 %. Below a tenth of a percent it is said so. */
export function percent(/** @type {number} */ share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return `${(share * 100).toFixed(1)} %`;
}

/** Bytes in binary units: 94.2 MiB. */
export function bytes(/** @type {number} */ value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds in three digits: 7.42 ms, 1.20 s. */
export function milliseconds(/** @type {number} */ value) {
  if (value >= 1000) return seconds(value / 1000);
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

/** Seconds as people say them: 8.4 s, 2 min 05 s. */
export function seconds(/** @type {number} */ value) {
  if (value < 10) return `${value.toFixed(1)} s`;
  if (value < 60) return `${value.toFixed(0)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** A date and time in the reader's zone. */
export const time = (/** @type {string} */ iso) => moment.format(new Date(iso));

/** A shape without the batch dimension: 64 × 56 × 56. */
export const shape = (/** @type {readonly (number | string)[] | null | undefined} */ sizes) =>
  sizes ? sizes.join(" × ") : "?";
