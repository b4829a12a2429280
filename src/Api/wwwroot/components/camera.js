// @ts-check
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { Dialog } from "./dialog.js";
import { ErrorNote } from "./messages.js";

/**
 * Takes a photo with the camera, which is on only while this is open.
 * @param {{ onPhoto: (photo: File) => void, onClose: () => void }} props
 */
export function Camera({ onPhoto, onClose }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isOn, setOn] = useState(false);
  useEffect(() => {
    let wanted = true;
    /** @type {MediaStream | undefined} */
    let stream;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(
      (opened) => {
        stream = opened;
        if (!wanted || !video.current) return stop();
        video.current.srcObject = stream;
        setOn(true);
      },
      (reason) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
      stop();
    };
  }, []);
  const shoot = () => {
    const { videoWidth: width, videoHeight: height } = /** @type {HTMLVideoElement} */ (video.current);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")?.drawImage(/** @type {HTMLVideoElement} */ (video.current), 0, 0);
    canvas.toBlob((blob) => {
      if (blob) onPhoto(new File([blob], "camera.jpg", { type: "image/jpeg" }));
      onClose();
    }, "image/jpeg");
  };
  return html`
    <${Dialog} title="Take a photo" isOpen=${true} onClose=${onClose}>
      <${ErrorNote} error=${error} />
      <video ref=${video} autoplay playsinline muted hidden=${!isOn}></video>
      <div class="row end">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="button" class="primary" disabled=${!isOn} onClick=${shoot}>Take</button>
      </div>
    <//>
  `;
}
