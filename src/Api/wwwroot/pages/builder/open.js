// @ts-check
import { Curl } from "../../components/curl.js";
import { Dialog } from "../../components/dialog.js";
import { Select } from "../../components/field.js";
import { ErrorNote, Loaded } from "../../components/messages.js";
import { ModelSelect, useModels } from "../../components/model-select.js";
import { json, path } from "../../lib/api.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { lesson } from "./draft.js";

/** A small network with shortcuts: the idea of ResNet, at the size of the lesson's network. */
const residual = {
  input: { channels: 3, height: 32, width: 32 },
  layers: [
    ...normed(16, {}),
    { type: "relu" },
    block(16),
    { ...block(32), shortcut: { type: "conv2d", out_channels: 32, kernel_size: 1, stride: 2 } },
    { ...block(64), shortcut: { type: "conv2d", out_channels: 64, kernel_size: 1, stride: 2 } },
    { type: "adaptive_avg_pool2d", output_size: 1 },
    { type: "flatten" },
    { type: "linear", out_features: 10 },
  ],
};

const templates = [
  { name: "The lesson's network", network: lesson, text: "Convolution, ReLU, pool, twice; then two linear layers." },
  {
    name: "A small residual network",
    network: residual,
    text: "Three blocks with shortcuts: learns well when it is deep.",
  },
  {
    name: "Lines in a photo",
    network: {
      input: { channels: 3, height: 160, width: 160 },
      layers: [{ type: "filter2d", preset: "line_vertical" }, { type: "relu" }],
    },
    text: "A fixed filter, no classifier: open a layer to see what it gives.",
  },
];

/**
 * The network of a model or of a predefined architecture.
 * @param {{ model?: string, base?: string }} source
 * @param {AbortSignal} signal
 * @returns {Promise<{ network: any, preprocessing?: string | object }>}
 */
export async function load({ model, base }, signal) {
  if (model) {
    const network = await json(requestOf({ model }), signal);
    /** @type {Api.ModelResponse} */
    const { preprocessing } = await json({ path: path`v1/models/${model}` }, signal);
    return { network: withoutInferred(network), preprocessing };
  }
  /** @type {Api.ArchitectureResponse} */
  const { definition, preprocessing } = await json(requestOf({ base }), signal);
  return { network: definition, preprocessing };
}

/**
 * The network without what the server infers: else a layer could not be changed without those after it.
 * @param {any} value
 * @returns {any}
 */
function withoutInferred(value) {
  if (Array.isArray(value)) return value.map(withoutInferred);
  if (typeof value !== "object" || value === null) return value;
  const own = Object.entries(value).filter(
    ([name]) => !/^(in_channels|in_features|num_features|num_channels)$/.test(name),
  );
  return Object.fromEntries(own.map(([name, part]) => [name, withoutInferred(part)]));
}

/** @param {{ model?: string, base?: string }} source */
function requestOf({ model, base = "" }) {
  return { path: model ? path`v1/models/${model}/architecture` : path`v1/architectures/${base}` };
}

/** @typedef {(network: any, name: string, preprocessing?: string | object) => void} OnNetwork */

/**
 * @param {{ isOpen: boolean, onClose: () => void, onNetwork: OnNetwork }} props
 */
export function OpenDialog({ isOpen, onClose, onNetwork }) {
  const open = useAction(async (signal, /** @type {{ model?: string, base?: string }} */ source) => {
    const { network, preprocessing } = await load(source, signal);
    onNetwork(network, source.model ?? source.base ?? "", preprocessing);
  });
  return html`
    <${Dialog} title="Open a network" isOpen=${isOpen} onClose=${onClose}>
      <div class="templates">
        ${templates.map(
          ({ name, network, text }) => html`
            <button type="button" key=${name} onClick=${() => onNetwork(network, name)}>
              <b>${name}</b><span class="small quiet">${text}</span>
            </button>
          `,
        )}
      </div>
      ${isOpen && html`<${Bases} isBusy=${open.isRunning} onOpen=${open.run} />`}
      ${isOpen && html`<${Models} isBusy=${open.isRunning} onOpen=${open.run} />`}
      <${ErrorNote} error=${open.error} />
      <div class="row end"><button type="button" onClick=${onClose}>Cancel</button></div>
    <//>
  `;
}

/** @typedef {{ isBusy: boolean, onOpen: (source: { model?: string, base?: string }) => void }} SourceProps */

/** @param {SourceProps} props */
function Bases({ isBusy, onOpen }) {
  const [chosen, setChosen] = useState("resnet18");
  const list = useResource((signal) => json({ path: "v1/architectures" }, signal), []);
  return html`
    <${Loaded} of=${list} what="Loading the architectures">
      ${(/** @type {Api.ArchitectureListResponse} */ { architectures }) => html`
        <div class="choice">
          <${Select} label="A predefined network" value=${chosen} options=${architectures} onChange=${setChosen} />
          <button type="button" disabled=${isBusy} onClick=${() => onOpen({ base: chosen })}>Open</button>
        </div>
        <${Curl} request=${requestOf({ base: chosen })} />
      `}
    <//>
  `;
}

/** @param {SourceProps} props */
function Models({ isBusy, onOpen }) {
  const [chosen, setChosen] = useState("");
  const models = useModels();
  return html`
    <${Loaded} of=${models} what="Loading the models">
      ${(/** @type {Api.ModelResponse[]} */ list) => {
        const name = chosen || list[0]?.name;
        return list.length === 0
          ? html`<p class="small quiet">There is no model yet whose network could be opened.</p>`
          : html`
              <div class="choice">
                <${ModelSelect} models=${list} value=${name} onChange=${setChosen} />
                <button type="button" disabled=${isBusy} onClick=${() => onOpen({ model: name })}>Open</button>
              </div>
              <${Curl} request=${requestOf({ model: name })} />
            `;
      }}
    <//>
  `;
}

/**
 * @param {number} filters
 * @param {object} settings
 */
function normed(filters, settings) {
  return [
    { type: "conv2d", out_channels: filters, kernel_size: 3, ...settings, padding: 1, bias: false },
    { type: "batch_norm2d" },
  ];
}

/** @param {number} filters */
function block(filters) {
  const settings = filters === 16 ? {} : { stride: 2 };
  return {
    type: "residual",
    activation: "relu",
    body: [...normed(filters, settings), { type: "relu" }, ...normed(filters, {})],
  };
}
