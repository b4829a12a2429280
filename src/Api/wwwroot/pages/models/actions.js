// @ts-check
import { Curl } from "../../components/curl.js";
import { confirm } from "../../components/dialog.js";
import { ErrorNote, announce, toast } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { bytes } from "../../lib/format.js";
import { download } from "../../lib/download.js";
import { useAction } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { go } from "../../lib/router.js";
import { defaultOf } from "./parts.js";

/**
 * What can be done with a version.
 * @param {import("./one.js").PartProps & { version: number, state?: Api.VersionState }} props
 */
export function VersionActions({ model, version, state, mayManage, reload }) {
  const { name, serving } = model;
  const one = path`v1/models/${name}/versions/${version}`;
  const pin = patch(name, version);
  const unpin = patch(name, "newest");
  const current = defaultOf(model);
  const isDefault = current === version;
  const isPinned = isDefault && serving.pinned;
  const isLast = (model.versions?.length ?? 1) === 1;
  /** @typedef {import("../../lib/api.js").Request} Request */
  const change = useAction(async (signal, /** @type {Request} */ request, /** @type {string} */ said) => {
    await json(request, signal);
    toast(said);
    reload();
  });
  const unload = useAction(async (signal) => {
    /** @type {Api.VersionUnloadedResponse} */
    const { bytes_returned, held_by } = await json(post(`${one}/unload`), signal);
    toast(held_by ? `It leaves memory after ${held_by}.` : `${bytes(bytes_returned)} went back to the system.`);
    reload();
  });
  const remove = useAction(async (signal) => {
    const request = { method: /** @type {const} */ ("DELETE"), path: one };
    const text = `Its weights are deleted for good.${isDefault ? " Another version then becomes the default." : ""}`;
    if (!(await confirm({ title: `Delete version ${version} of ${name}?`, text, action: "Delete", request }))) return;
    await json(request, signal);
    toast(`Version ${version} is deleted.`);
    go("models", [name]);
    reload();
  });
  const save = useAction(async (signal) => {
    await download({ path: `${one}/weights` }, `${name}-${version}.safetensors`, signal);
    announce("The weights are downloaded.");
  });
  if (!mayManage) return null;
  const all = [change, unload, remove, save];
  const isBusy = all.some(({ isRunning }) => isRunning);
  const doPin = () => change.run(pin, `Version ${version} is the default now, and stays it.`);
  const doUnpin = () => change.run(unpin, "The newest version that is ready is the default from now on.");
  const doLoad = () => change.run(post(`${one}/load`), `Version ${version} is in memory.`);
  const isLoaded = state === "ready";
  const move = isLoaded
    ? { word: "unload", request: post(`${one}/unload`) }
    : { word: "load", request: post(`${one}/load`) };
  return html`
    <div class="row" aria-busy=${isBusy}>
      ${!isPinned &&
      html`<button type="button" disabled=${isBusy || state === "failed"}
        onClick=${doPin}>${pinWord(version, current)}</button>`}
      ${isPinned && html`<button type="button" disabled=${isBusy} onClick=${doUnpin}>Unpin</button>`}
      ${isLoaded && html`<button type="button" disabled=${isBusy}
        onClick=${() => unload.run()}>Unload</button>`}
      ${(state === "unloaded" || state === "failed") &&
      html`<button type="button" disabled=${isBusy} onClick=${doLoad}>Load</button>`}
      <button type="button" disabled=${isBusy} onClick=${() => save.run()}>
        ${save.isRunning ? "Downloading …" : "Download the weights"}
      </button>
      ${!isLast &&
      html`<button type="button" class="danger" disabled=${isBusy}
        onClick=${() => remove.run()}>Delete version ${version}</button>`}
    </div>
    <p class="small quiet">${meaning(version, current, serving.pinned)}</p>
    ${all.map(({ error }, index) => html`<${ErrorNote} key=${index} error=${error} />`)}
    <div class="row curls">
      <${Curl} title=${isPinned ? "curl: unpin" : "curl: make it the default"} request=${isPinned ? unpin : pin} />
      <${Curl} title="curl: ${move.word}" request=${move.request} />
      <${Curl} title="curl: weights" request=${{ path: `${one}/weights` }} />
    </div>
  `;
}

/** @param {string} path */
const post = (path) => ({ method: /** @type {const} */ ("POST"), path });

/**
 * @param {string} name
 * @param {number | string} version
 */
function patch(name, version) {
  return { method: /** @type {const} */ ("PATCH"), path: path`v1/models/${name}`, json: { default_version: version } };
}

/** @param {number} version @param {number | null} current */
function pinWord(version, current) {
  if (version === current) return "Pin as the default";
  return current !== null && version < current ? `Roll back to version ${version}` : "Make it the default";
}

/** @param {number} version @param {number | null} current @param {boolean} pinned */
function meaning(version, current, pinned) {
  if (current === null) return "All versions are held back by their golden samples: none answers without its number.";
  if (version !== current) {
    return `Version ${current} answers requests without a version${pinned ? "; it is pinned" : ""}.`;
  }
  return pinned
    ? "It answers requests without a version, and a newer version does not take over until it is unpinned."
    : "It answers requests without a version, until a newer version is ready.";
}
