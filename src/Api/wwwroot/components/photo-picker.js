// @ts-check
import { useAction } from "../lib/hooks.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { openSample, samples } from "../lib/samples.js";
import { Camera } from "./camera.js";
import { Icon } from "./icon.js";
import { ErrorNote } from "./messages.js";

/**
 * A place for photos: drop, paste, choose, take one, or try a sample.
 * @param {{
 *   onPhoto: (photo: File) => void,
 *   of?: "clothes" | "photos",
 *   children?: any,
 * }} props `of`: the kind of samples that come first; children: the photo that was chosen
 */
export function PhotoPicker({ onPhoto, of = "clothes", children }) {
  const [isOver, setOver] = useState(false);
  const [hasCamera, setCamera] = useState(false);
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const sample = useAction(async (signal, /** @type {string} */ name) => onPhoto(await openSample(name, signal)));
  const take = (/** @type {FileList | null | undefined} */ files) => {
    const photo = [...(files ?? [])].find((one) => one.type.startsWith("image/")) ?? files?.[0];
    if (photo) onPhoto(photo);
  };
  const latest = useRef(take);
  latest.current = take;

  useEffect(() => {
    const paste = (/** @type {ClipboardEvent} */ event) => {
      if (event.clipboardData?.files.length) latest.current(event.clipboardData.files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);

  const drop = {
    onDragOver: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(false);
      take(event.dataTransfer?.files);
    },
  };
  const ordered = [...samples].sort((a, b) => Number(b.of === of) - Number(a.of === of)).slice(0, 6);
  return html`
    <div class=${isOver ? "drop over" : "drop"} ...${drop}>
      ${children}
      <div class="row">
        <button type="button" class=${children ? "" : "primary"} onClick=${() => file.current?.click()}>
          Choose a photo
        </button>
        ${navigator.mediaDevices &&
        html`<button type="button" onClick=${() => setCamera(true)}><${Icon} name="camera" />Camera</button>`}
        <input ref=${file} type="file" accept="image/*" hidden
          onChange=${(/** @type {any} */ event) => {
            take(event.currentTarget.files);
            event.currentTarget.value = "";
          }} />
      </div>
      <p class="quiet small">or drop or paste one, or try:</p>
      <div class="samples">
        ${ordered.map(
          ({ file: name, name: text }) => html`
            <button type="button" key=${name} title=${text} disabled=${sample.isRunning}
              onClick=${() => sample.run(name)}>
              <img src=${name} alt=${text} width="64" height="64" class=${name.endsWith(".png") ? "pixels" : ""} />
            </button>
          `,
        )}
      </div>
      <${ErrorNote} error=${sample.error} />
    </div>
    ${hasCamera && html`<${Camera} onPhoto=${onPhoto} onClose=${() => setCamera(false)} />`}
  `;
}
