// @ts-check
/** Ten colours of cividis, which people with any colour vision read the same way (Nuñez et al. 2018). */
const colors = [
  ...["#00224e", "#123570", "#3b496c", "#575d6d", "#707173"],
  ...["#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"],
];

/** The whole scale, for legends. */
export const cividisGradient = `linear-gradient(to right, ${colors.join(", ")})`;

/**
 * The colour of a value, and that of text on it.
 * @param {number} share 0 to 1
 */
export function cividis(share) {
  const at = Math.max(0, Math.min(1, share)) * (colors.length - 1);
  const [low, high] = [colors[Math.floor(at)], colors[Math.ceil(at)]];
  const rgb = [1, 3, 5].map((i) => {
    const [from, to] = [low, high].map((color) => parseInt(color.slice(i, i + 2), 16));
    return Math.round(from + (to - from) * (at % 1));
  });
  return { background: `rgb(${rgb.join(" ")})`, color: at < 4.2 ? "#ffffff" : "#000000" };
}
