// @ts-check
import { Curl } from "../../components/curl.js";
import { path } from "../../lib/api.js";
import { bytes, percent, time } from "../../lib/format.js";
import { html, useRef } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { State, Weights, defaultOf, origin } from "./parts.js";
import { Version } from "./version.js";

/**
 * The versions as a table, and the chosen one below it.
 * @param {import("./one.js").PartProps} props
 */
export function Versions(props) {
  const { model, query } = props;
  const versions = [...(model.versions ?? [])].reverse();
  // Another default doesn't replace what is being read or typed.
  const opened = useRef(model.serving.version);
  if (!versions.some(({ version }) => version === opened.current)) opened.current = model.serving.version;
  const wanted = Number(query.version ?? opened.current);
  const chosen = versions.find(({ version }) => version === wanted);
  return html`
    <div class="stack">
      <div class="scroll panel table-panel" tabindex="0" role="region" aria-label="Versions">
        <table>
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">State</th>
              <th scope="col">Weights</th>
              <th scope="col">Origin</th>
              <th scope="col" class="number">Validation</th>
              <th scope="col" class="number">Test</th>
              <th scope="col" class="number">Size</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            ${versions.map(
              (one) => html`<${Row} key=${one.version} model=${model} of=${one} isChosen=${one === chosen} />`,
            )}
          </tbody>
        </table>
      </div>
      <${Curl} request=${{ path: path`v1/models/${model.name}/versions` }} />
      ${chosen
        ? html`<${Version} key=${chosen.version} ...${props} version=${chosen.version} />`
        : html`<p class="note warning"><span>There is no version ${query.version} any more.</span></p>`}
    </div>
  `;
}

/** @param {{ model: Api.ModelResponse, of: Api.VersionSummary, isChosen: boolean }} props */
function Row({ model, of, isChosen }) {
  const { version, state, reason, weights, lineage, samples, created_at } = of;
  const isDefault = defaultOf(model) === version;
  const routed = model.canary?.versions.find((one) => one.version === version);
  const training = lineage?.training;
  const share = (/** @type {number | null | undefined} */ value) => (typeof value === "number" ? percent(value) : "–");
  return html`
    <tr class=${isChosen ? "chosen" : ""}>
      <th scope="row" class="nowrap">
        <a href=${href("models", [model.name], { version })}
          aria-current=${isChosen ? "true" : undefined}>${version}</a>
        ${isDefault && html` <span class="badge good">default</span>`}
        ${isDefault && model.serving.pinned && html` <span class="badge">pinned</span>`}
        ${routed && html` <a href=${href("models", [model.name], { tab: "canary" })}
          class="badge">${routed.percent_now} %</a>`}
      </th>
      <td>
        <${State} state=${state} />
        ${samples?.held_back && html` <span class="badge warning">held back</span>`}
        ${reason && html`<span class="small quiet reason">${reason}</span>`}
      </td>
      <td><${Weights} weights=${weights} /></td>
      <td>${origin(of)}</td>
      <td class="number nowrap">${share(training?.val_accuracy)}</td>
      <td class="number nowrap">${share(training?.test_accuracy)}</td>
      <td class="number nowrap">${bytes(of.bytes)}</td>
      <td class="nowrap small quiet"><time datetime=${created_at}>${time(created_at)}</time></td>
    </tr>
  `;
}
