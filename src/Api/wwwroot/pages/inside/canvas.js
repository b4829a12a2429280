// @ts-check
import { html, useEffect, useRef } from "../../lib/html.js";

/**
 * Numbers as a grey picture: the least is black, the greatest white.
 * @param {{
 *   data: Float32Array | number[],
 *   width: number,
 *   height: number,
 *   label: string,
 *   range?: [number, number],
 *   children?: any,
 * } & Record<string, any>} props `range`: what is black and white; children lie over the picture
 */
export function NumberPicture({ data, width, height, label, range, children, ...attributes }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const [low, high] = range ?? extent(data);
    const picture = context.createImageData(width, height);
    for (let place = 0; place < width * height; place++) {
      const level = high > low ? (255 * (data[place] - low)) / (high - low) : 0;
      picture.data.set([level, level, level, 255], 4 * place);
    }
    context.putImageData(picture, 0, 0);
  }, [data, width, height, range?.[0], range?.[1]]);
  return html`
    <div ...${attributes} class="number-picture ${attributes.class ?? ""}">
      <canvas ref=${canvas} class="pixels" width=${width} height=${height} role="img" aria-label=${label}></canvas>
      ${children}
    </div>
  `;
}

/** @param {Float32Array | number[]} data */
function extent(data) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
