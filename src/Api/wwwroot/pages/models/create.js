// @ts-check
import { Curl } from "../../components/curl.js";
import { Field, Select } from "../../components/field.js";
import { ErrorNote, Loaded, toast } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { ApiError, json, path } from "../../lib/api.js";
import { bytes, compact, shape } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { upload } from "../../lib/upload.js";
import { OnlyLooking } from "./parts.js";
import { Report } from "./report.js";
import { FileParts, Sending, WeightsFile, shareOf } from "./weights-file.js";

const list = { path: "v1/architectures" };

/**
 * A new model of a predefined network.
 * @param {{ wanted: string | undefined, mayManage: boolean }} props
 */
export function CreateModel({ wanted, mayManage }) {
  const architectures = useResource(
    (signal) => /** @type {Promise<Api.ArchitectureListResponse>} */ (json(list, signal)),
    [],
  );
  return html`
    <${PageHead} title="New model" trail=${[{ text: "Models", href: href("models") }]}>
      Of a predefined network. A network of your own comes from the <a href=${href("builder")}>Builder</a>.
    <//>
    ${mayManage
      ? html`<${Loaded} of=${architectures} what="Loading the architectures">
          ${(/** @type {Api.ArchitectureListResponse} */ data) => html`<${Form} known=${data} wanted=${wanted} />`}
        <//>`
      : html`<${OnlyLooking} />`}
  `;
}

/** @param {{ known: Api.ArchitectureListResponse, wanted: string | undefined }} props */
function Form({ known, wanted }) {
  const { architectures, pretrained } = known;
  const [state, setState] = useState({
    name: "",
    base: wanted && architectures.includes(wanted) ? wanted : pretrained[0] ?? architectures[0],
    begin: /** @type {"file" | "pretrained" | "random"} */ ("file"),
    file: /** @type {File | null} */ (null),
    classes: "",
    labels: "",
    isPartial: false,
    stateDict: "",
    prefix: "",
  });
  const [share, setShare] = useState(0);
  const change = (/** @type {Partial<typeof state>} */ changes) => setState({ ...state, ...changes });
  const begin = state.begin === "pretrained" && !pretrained.includes(state.base) ? "random" : state.begin;
  const labels = state.labels.split("\n").map((label) => label.trim()).filter(Boolean);
  const request = requestOf({ ...state, begin }, labels);
  const create = useAction(async (signal) => {
    setShare(0);
    const model = /** @type {Api.ModelResponse} */ (await upload(request, signal, shareOf(setShare)));
    toast(`${model.name} is ready.`);
    go("models", [model.name]);
  });
  const report = create.error instanceof ApiError && create.error.problem.report;
  const isReady = state.name && (begin !== "file" || state.file);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isReady && !create.isRunning) create.run();
  };
  return html`
    <div class="columns">
      <form class="panel stack" onSubmit=${submit}>
        <${Field} label="Name" hint="Lower-case letters, digits, dots, dashes and underscores, as it is in addresses.">
          ${(/** @type {object} */ attributes) => html`<input ...${attributes} required autocomplete="off"
            spellcheck=${false}
            value=${state.name}
            onInput=${(/** @type {any} */ event) => change({ name: event.currentTarget.value.trim() })} />`}
        <//>
        <${Select} label="Network" value=${state.base} options=${architectures}
          onChange=${(/** @type {string} */ base) => change({ base })} />
        <${Begin} value=${begin} hasPretrained=${pretrained.includes(state.base)} onChange=${change} />
        ${begin === "file" &&
        html`
          <${WeightsFile} file=${state.file} onFile=${(/** @type {File | null} */ file) => change({ file })} />
          <${FileParts} stateDict=${state.stateDict} prefix=${state.prefix} onChange=${change} />
          <label class="check"><input type="checkbox" checked=${state.isPartial}
            onChange=${(/** @type {any} */ event) => change({ isPartial: event.currentTarget.checked })} />
            Load what fits, and leave the rest random</label>
        `}
        <${Classes} state=${state} labels=${labels} onChange=${change} />
        <div class="row">
          <button type="submit" class="primary" disabled=${!isReady || create.isRunning}>Create the model</button>
          ${create.isRunning && html`<button type="button" onClick=${create.cancel}>Cancel</button>`}
        </div>
        ${create.isRunning && html`<${Sending} share=${share} doing="Building and warming up …" />`}
        <${ErrorNote} error=${create.error} />
        ${report && html`<${Report} report=${report} />`}
        <${Curl} request=${request} />
      </form>
      <${About} name=${state.base} />
    </div>
  `;
}

/**
 * @param {{
 *   value: string,
 *   hasPretrained: boolean,
 *   onChange: (change: { begin: "file" | "pretrained" | "random" }) => void,
 * }} props
 */
function Begin({ value, hasPretrained, onChange }) {
  /** @type {{ key: "file" | "pretrained" | "random", text: string, hint: string, off?: boolean }[]} */
  const ways = [
    { key: "file", text: "Weights of a file", hint: "From PyTorch, for this network." },
    {
      key: "pretrained",
      text: "Weights that come with the server",
      hint: hasPretrained
        ? "Trained on ImageNet; the head is random until it is trained."
        : "There are none for this network.",
      off: !hasPretrained,
    },
    { key: "random", text: "Random weights", hint: "To train it here, or to measure speed." },
  ];
  return html`
    <fieldset class="stack choices">
      <legend>It begins with</legend>
      ${ways.map(
        ({ key, text, hint, off }) => html`
          <label key=${key} class=${off ? "quiet" : ""}>
            <input type="radio" name="begin" checked=${value === key} disabled=${off}
              onChange=${() => onChange({ begin: key })} />
            <span>${text}<span class="small quiet">${hint}</span></span>
          </label>
        `,
      )}
    </fieldset>
  `;
}

/**
 * @param {{
 *   state: { classes: string, labels: string },
 *   labels: string[],
 *   onChange: (change: { classes?: string, labels?: string }) => void,
 * }} props
 */
function Classes({ state, labels, onChange }) {
  const count = labels.length;
  const hint = count ? `${count} labels, so ${count} classes` : "One a line, in the order of the scores.";
  return html`
    <${Field} label="Classes" hint="Empty: as the network has them, or as many as there are labels.">
      ${(/** @type {object} */ attributes) => html`<input ...${attributes} type="number" min="1" value=${state.classes}
        placeholder=${labels.length || ""}
          onInput=${(/** @type {any} */ event) => onChange({ classes: event.currentTarget.value })} />`}
    <//>
    <${Field} label="Labels" hint=${hint}>
      ${(/** @type {object} */ attributes) => html`<textarea ...${attributes} rows="5" spellcheck=${false}
        value=${state.labels}
        onInput=${(/** @type {any} */ event) => onChange({ labels: event.currentTarget.value })}></textarea>`}
    <//>
  `;
}

/** @param {{ name: string }} props */
function About({ name }) {
  const shown = useResource(
    (signal) =>
      /** @type {Promise<Api.ArchitectureResponse>} */ (json({ path: path`v1/architectures/${name}` }, signal)),
    [name],
  );
  return html`
    <section class="panel stack" aria-labelledby="about-base" aria-busy=${shown.isLoading}>
      <h2 id="about-base">${name}</h2>
      <${Loaded} of=${shown} what="Loading the network">
        ${(/** @type {Api.ArchitectureResponse} */ { family, analysis, preprocessing }) => html`
          <p>${family.idea}</p>
          <p class="small quiet">${family.paper}</p>
          <dl class="facts">
            <dt>Input</dt><dd>${shape(analysis.input_shape)}, preprocessing ${preprocessing}</dd>
            <dt>Parameters</dt><dd>${compact(analysis.parameters)} (${bytes(analysis.weight_bytes.float32)})</dd>
            <dt>Cost</dt><dd>${compact(analysis.macs)} multiply-adds an input</dd>
            <dt>Memory</dt><dd>${bytes(analysis.estimated_memory.batch1)} for one photo at a time</dd>
          </dl>
          <p><a href=${href("builder", [], { base: name })}>See its layers in the Builder</a></p>
        `}
      <//>
    </section>
  `;
}

/**
 * @param {{ name: string, base: string, begin: string, file: File | null, classes: string, isPartial: boolean,
 *   stateDict: string, prefix: string }} state
 * @param {string[]} labels
 * @returns {import("../../lib/api.js").Request}
 */
function requestOf({ name, base, begin, file, classes, isPartial, stateDict, prefix }, labels) {
  const definition = {
    name,
    base,
    pretrained: begin === "pretrained" || undefined,
    num_classes: Number(classes) || labels.length || undefined,
    labels: labels.length ? labels : undefined,
  };
  if (begin !== "file") return { method: "POST", path: "v1/models", json: definition };
  const query = { allow_partial: isPartial || undefined, state_dict: stateDict, prefix };
  const weights = file ?? new File([], "weights.pth");
  return { method: "POST", path: "v1/models", query, form: { definition: JSON.stringify(definition), weights } };
}
