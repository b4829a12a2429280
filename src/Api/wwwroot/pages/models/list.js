// @ts-check
import { Curl } from "../../components/curl.js";
import { Empty, Loaded } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { json } from "../../lib/api.js";
import { bytes, count, time } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useMemo, useState } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { State, Weights, defaultOf, memoryOf } from "./parts.js";

const request = { path: "v1/models" };
const pageSize = 50;

const orders = {
  created_at: (/** @type {Api.ModelResponse} */ a, /** @type {Api.ModelResponse} */ b) =>
    b.created_at.localeCompare(a.created_at),
  name: (/** @type {Api.ModelResponse} */ a, /** @type {Api.ModelResponse} */ b) => a.name.localeCompare(b.name),
  memory: (/** @type {Api.ModelResponse} */ a, /** @type {Api.ModelResponse} */ b) => memoryOf(b) - memoryOf(a),
};

/** @param {{ mayManage: boolean }} props */
export function ModelList({ mayManage }) {
  const models = useResource(
    async (signal) => /** @type {Api.ModelListResponse} */ (await json(request, signal)).models,
    [],
    { every: 10_000 },
  );
  const create = mayManage && html`<a class="button primary"
    href=${href("models", [], { new: "model" })}>New model</a>`;
  return html`
    <${PageHead} title="Models">What the server has: which version of each answers, and what it takes.<//>
    <${Loaded} of=${models} what="Loading the models">
      ${(/** @type {Api.ModelResponse[]} */ list) =>
        list.length === 0
          ? html`<${Empty} title="There is no model yet"
            text="Make one of a predefined network, with weights from PyTorch or
              random ones; or let the page Try train a first one.">
              <div class="row">${create}<a class="button" href=${href("try")}>Try</a></div>
            <//>`
          : html`<${Table} models=${list} create=${create} />`}
    <//>
    <${Curl} request=${request} />
  `;
}

/** @param {{ models: Api.ModelResponse[], create: any }} props */
function Table({ models, create }) {
  const [text, setText] = useState("");
  const [order, setOrder] = useState(/** @type {keyof typeof orders} */ ("created_at"));
  const [limit, setLimit] = useState(pageSize);
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = (/** @type {Api.ModelResponse} */ { name, base, state, weights }) =>
      `${name} ${base ?? ""} ${state} ${weights}`.toLowerCase();
    return models.filter((model) => words.every((word) => texts(model).includes(word))).sort(orders[order]);
  }, [models, text, order]);
  const memory = models.reduce((sum, model) => sum + memoryOf(model), 0);
  return html`
    <div class="row models-tools">
      <input type="search" aria-label="Search models" placeholder="Search by name, base or state" value=${text}
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
      <label class="row small quiet">
        Order
        <select value=${order} onChange=${(/** @type {any} */ event) => setOrder(event.currentTarget.value)}>
          <option value="created_at">newest first</option>
          <option value="name">by name</option>
          <option value="memory">most memory first</option>
        </select>
      </label>
      ${create}
    </div>
    <p class="small quiet" role="status">
      ${found.length === models.length ? count(models.length) : `${count(found.length)} of ${count(models.length)}`}
      ${models.length === 1 ? " model" : " models"}, ${bytes(memory)} in memory
    </p>
    <div class="scroll panel table-panel" tabindex="0" role="region" aria-label="Models">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Default</th>
            <th scope="col">Weights</th>
            <th scope="col" class="number">In memory</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>${found.slice(0, limit).map((model) => html`<${Row} key=${model.name} model=${model} />`)}</tbody>
      </table>
      ${found.length === 0 && html`<p class="quiet none">No model matches.</p>`}
    </div>
    ${found.length > limit &&
    html`<div class="row"><button type="button" onClick=${() => setLimit(limit + pageSize)}>
      Show ${Math.min(pageSize, found.length - limit)} more
    </button></div>`}
  `;
}

/** @param {{ model: Api.ModelResponse }} props */
function Row({ model }) {
  const { name, base, state, reason, serving, weights, head, created_at } = model;
  const memory = memoryOf(model);
  const version = defaultOf(model);
  return html`
    <tr>
      <th scope="row" class="name">
        <a class="break" href=${href("models", [name])}>${name}</a>
        ${base && base !== name && html`<span class="small quiet break"> ${base}</span>`}
      </th>
      <td class=${state === "failed" ? "state" : ""}>
        <${State} state=${state} />${state === "failed" && reason && html`<span
          class="small quiet reason">${reason}</span>`}
      </td>
      <td class="nowrap">
        ${version === null ? html`<span class="badge warning">held back</span>` : `version ${version}`}
        ${serving.pinned && html` <span class="badge">pinned</span>`}
      </td>
      <td><${Weights} weights=${weights} head=${head} /></td>
      <td class="number nowrap">${memory ? bytes(memory) : "–"}</td>
      <td class="nowrap quiet small"><time datetime=${created_at}>${time(created_at)}</time></td>
    </tr>
  `;
}
