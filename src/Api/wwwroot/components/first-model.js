// @ts-check
import { events, json, path } from "../lib/api.js";
import { percent, seconds } from "../lib/format.js";
import { useAction } from "../lib/hooks.js";
import { html, useState } from "../lib/html.js";
import { href } from "../lib/router.js";
import { openSample } from "../lib/samples.js";
import { Curl } from "./curl.js";
import { ErrorNote } from "./messages.js";

const name = "clothes";
// It takes fifteen seconds, and on a slow or busy machine what it needs: with less, its answers may be wrong.
const training = {
  method: /** @type {const} */ ("POST"),
  path: path`v1/models/${name}/trainings`,
  json: { dataset: name, method: "head", budget: { seconds: 120 } },
};

/**
 * Offered by an empty server: sample photos become a trained model, by one click.
 * @param {{ onReady: (model: string) => void }} props
 */
export function FirstModel({ onReady }) {
  const [stage, setStage] = useState({ text: "", share: 0 });
  const make = useAction(async (signal) => {
    const began = performance.now();
    setStage({ text: "Uploading 120 photos of clothes", share: 0.02 });
    await json(upload(await openSample("samples/clothes.zip", signal)), signal);
    setStage({ text: "Starting", share: 0.06 });
    /** @type {Api.TrainingResponse} */
    const { id } = await json(training, signal);
    for await (const { event, data } of events(path`v1/trainings/${id}/events`, signal)) {
      const share = Math.min(0.95, 0.06 + (performance.now() - began) / 25_000);
      if (event === "epoch" && data.val_accuracy !== undefined) {
        setStage({ text: `${percent(data.val_accuracy)} of the photos kept aside are right`, share });
      } else if (data.eta !== undefined) {
        setStage({ text: `Looking at the photos, ${seconds(data.eta)} left`, share });
      }
    }
    /** @type {Api.TrainingResponse} */
    const ended = await json({ path: path`v1/trainings/${id}` }, signal);
    if (ended.state !== "succeeded") throw new Error(ended.reason ?? `the training ${ended.state}.`);
    setStage({ text: "Ready", share: 1 });
    onReady(name);
  });

  if (make.isRunning) {
    return html`
      <div class="empty" role="status">
        <h2>Training your first model</h2>
        <progress value=${stage.share} max="1" aria-label="Training"></progress>
        <p>${stage.text}</p>
      </div>
    `;
  }
  return html`
    <${ErrorNote} error=${make.error} />
    <div class="empty">
      <h2>There is no model yet</h2>
      <p>
        Train one now: 120 photos of clothes in six classes come with the console, and a network that has seen a million
        photos comes with the server. It takes about twenty seconds.
      </p>
      <button type="button" class="primary" onClick=${() => make.run()}>Train a first model</button>
      <p>
        Or <a href=${href("builder")}>build a network</a> layer by layer, <a href=${href("data")}>train with photos of
        your own</a>, or <a href=${href("models")}>bring weights</a> from PyTorch.
      </p>
      <${Curl} request=${training} />
    </div>
  `;
}

/**
 * @param {File} zip
 * @returns {import("../lib/api.js").Request}
 */
function upload(zip) {
  const body = new File([zip], zip.name, { type: "application/zip" });
  return { method: "POST", path: path`v1/datasets/${name}/images`, body };
}
