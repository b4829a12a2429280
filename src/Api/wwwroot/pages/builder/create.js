// @ts-check
import { Curl } from "../../components/curl.js";
import { Dialog } from "../../components/dialog.js";
import { Field, Select } from "../../components/field.js";
import { ErrorNote, toast } from "../../components/messages.js";
import { json, path, send } from "../../lib/api.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { get, replace } from "./network.js";

/** @typedef {import("./editor.js").Editor} Editor */

/**
 * Makes a model of the network; then says what to do with it.
 * @param {{ editor: Editor, isOpen: boolean, onClose: () => void }} props
 */
export function CreateDialog({ editor, isOpen, onClose }) {
  const [model, setModel] = useState(/** @type {Api.ModelResponse | null} */ (null));
  const close = () => {
    setModel(null);
    onClose();
  };
  return html`
    <${Dialog} title=${model ? `${model.name} is there` : "Create a model"} isOpen=${isOpen} onClose=${close}>
      ${
        isOpen &&
        (model
          ? html`<${Created} model=${model} onClose=${close} />`
          : html`<${Form} editor=${editor} onModel=${setModel} onClose=${close} />`)
      }
    <//>
  `;
}

/** @param {{ editor: Editor, onModel: (model: Api.ModelResponse) => void, onClose: () => void }} props */
function Form({ editor, onModel, onClose }) {
  const now = classesOf(editor);
  const kept = editor.moment.preprocessing;
  const [name, setName] = useState("lesson");
  const [classes, setClasses] = useState(String(now ?? ""));
  const [labels, setLabels] = useState("");
  const [seed, setSeed] = useState("1");
  const [preprocessing, setPreprocessing] = useState(kept ? (typeof kept === "string" ? kept : "kept") : "");
  const list = labels
    .split("\n")
    .map((label) => label.trim())
    .filter(Boolean);
  const wanted = list.length || Number(classes) || now;
  const network = withClasses(editor, wanted);
  const request = {
    method: /** @type {const} */ ("POST"),
    path: "v1/models",
    json: {
      name,
      architecture: network,
      labels: list.length ? list : undefined,
      preprocessing: preprocessing === "kept" ? kept : preprocessing || undefined,
      seed: seed.trim() === "" ? undefined : Number(seed),
    },
  };
  const create = useAction(async (signal) => {
    const model = await json(request, signal);
    toast(`${model.name} created.`);
    if (network !== editor.network) editor.edit({ network, moved: (place) => place, pointer: editor.selected });
    onModel(model);
  });
  const input = (/** @type {(text: string) => void} */ set) => (/** @type {any} */ event) =>
    set(event.currentTarget.value);
  return html`
    <form class="stack" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      create.run();
    }}>
      <${Field} label="Name" hint="Small letters, digits, dots, hyphens and underscores: a part of its addresses.">
        ${(/** @type {object} */ attributes) => html`
          <input ...${attributes} value=${name} onInput=${input(setName)} required maxlength="64" autocomplete="off"
            spellcheck=${false} pattern="[a-z0-9]([a-z0-9._\\-]{0,62}[a-z0-9])?" />
        `}
      <//>
      <${Field} label="Labels, one a line" hint="Their number is the number of classes. They may come later, too.">
        ${(/** @type {object} */ attributes) => html`
          <textarea ...${attributes} rows="3" value=${labels} placeholder=${"cat\ndog\nhorse"}
            onInput=${input(setLabels)}></textarea>
        `}
      <//>
      <div class="fields">
        <${Field} label="Number of classes">
          ${(/** @type {object} */ attributes) => html`
            <input ...${attributes} type="number" min="1" max="1000000" disabled=${list.length > 0}
              value=${list.length || classes} onInput=${input(setClasses)} />
          `}
        <//>
        <${Field} label="Seed of the random weights">
          ${(/** @type {object} */ attributes) => html`
            <input ...${attributes} type="number" min="0" step="1" value=${seed} onInput=${input(setSeed)} />
          `}
        <//>
      </div>
      <${Select} label="How photos become its input" value=${preprocessing} onChange=${setPreprocessing}
        options=${[
          ...(typeof kept === "object" ? [{ value: "kept", text: "as for the model that was opened" }] : []),
          { value: "", text: "the server's choice" },
          ...["imagenet", "unit", "raw", "imagenet_mean"],
        ]} />
      ${
        wanted !== now &&
        network !== editor.network &&
        html`<p class="small quiet">The last layer gets ${wanted} outputs instead of ${now}.</p>`
      }
      <${ErrorNote} error=${create.error} />
      <${Curl} request=${request} />
      <div class="row end">
        <button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="primary" disabled=${create.isRunning}>
          ${create.isRunning ? "Creating …" : "Create"}
        </button>
      </div>
    </form>
  `;
}

/** @param {{ model: Api.ModelResponse, onClose: () => void }} props */
function Created({ model, onClose }) {
  const { name } = model;
  return html`
    <p>Its weights are random: train it, and its scores begin to mean something.</p>
    <div class="row">
      <a class="button primary" href=${href("data", [], { model: name })}>Train it</a>
      <a class="button" href=${href("try", [], { model: name })}>Try it</a>
      <a class="button" href=${href("inside", [], { model: name })}>Look inside</a>
      <a class="button" href=${href("models", [name])}>Its page</a>
    </div>
    <${Source} name=${name} />
    <div class="row end"><button type="button" onClick=${onClose}>Go on building</button></div>
  `;
}

/**
 * The network as Python, for people who train elsewhere.
 * @param {{ name: string }} props
 */
function Source({ name }) {
  const [isOpen, setOpen] = useState(false);
  const request = { path: path`v1/models/${name}/architecture`, query: { format: "pytorch" } };
  const source = useResource(async (signal) => (isOpen ? (await send(request, signal)).text() : ""), [name, isOpen]);
  return html`
    <details class="source" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
      <summary>As torch.nn source</summary>
      <${ErrorNote} error=${source.error} retry=${source.reload} />
      <pre tabindex="0"><code>${source.data}</code></pre>
      <${Curl} request=${request} />
    </details>
  `;
}

/** The number of scores that the network gives now. */
function classesOf(/** @type {Editor} */ { analysis }) {
  const shape = analysis.totals?.output_shape;
  return shape?.length === 1 ? shape[0] : undefined;
}

/**
 * The network with another number of classes: its head, the layer that gives the scores, gets as many outputs.
 * @param {Editor} editor
 * @param {number | undefined} classes
 */
function withClasses(editor, classes) {
  const { network, analysis } = editor;
  if (!classes || classes === classesOf(editor)) return network;
  const head = analysis.totals?.layers.findLast(({ key }) => key === analysis.totals?.head_layer);
  const layer = head && get(network, head.pointer);
  const size = ["out_features", "out_channels"].find((one) => typeof layer?.[one] === "number");
  return head && size ? replace(network, `${head.pointer}/${size}`, classes).network : network;
}
