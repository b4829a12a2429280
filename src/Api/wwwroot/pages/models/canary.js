// @ts-check
import { Curl } from "../../components/curl.js";
import { confirm } from "../../components/dialog.js";
import { ErrorNote, toast } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { milliseconds, percent, time } from "../../lib/format.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";

const most = 5; // versions that may share the requests

/**
 * How the requests without a version are divided among versions, and a form to change that.
 * @param {import("./one.js").PartProps} props
 */
export function Canary({ model, mayManage, reload }) {
  const { canary } = model;
  return html`
    <div class="stack">
      <p class="quiet">
        A new version can answer a part of the requests first. A caller always gets the same version. If it fails more,
        is slower or answers otherwise than the stable version, that one takes over by itself.
      </p>
      ${canary
        ? html`<${Shares} canary=${canary} />`
        : html`<p>Version ${model.serving.version} answers all requests without a version.</p>`}
      ${mayManage && html`<${Form} model=${model} reload=${reload} />`}
    </div>
  `;
}

/** @param {{ canary: Api.CanaryResponse }} props */
function Shares({ canary }) {
  const { stopped, stable, since, versions } = canary;
  return html`
    ${stopped &&
    html`<div class="note error"><p>
      <strong>Stopped ${time(stopped.at)}.</strong> ${stopped.reason} Version ${stable} answers all requests.
    </p></div>`}
    <div class="scroll panel table-panel" tabindex="0" role="region" aria-label="Shares">
      <table>
        <caption class="small quiet">Since ${time(since)}, or since the server was started</caption>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" class="number">Share</th>
            <th scope="col" class="number">Now</th>
            <th scope="col" class="number">Requests</th>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">95 % within</th>
            <th scope="col" class="number">Drift</th>
          </tr>
        </thead>
        <tbody>
          ${versions.map((one) => html`<${Row} key=${one.version} of=${one} stable=${stable} />`)}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {{ of: Api.RoutedVersionResponse, stable: number }} props */
function Row({ of, stable }) {
  const { version, requests, errors, p95_ms, drift, reason } = of;
  const isNumber = (/** @type {unknown} */ value) => typeof value === "number";
  return html`
    <tr>
      <th scope="row">
        ${version}${version === stable && html` <span class="badge good">stable</span>`}
        ${reason && html`<span class="small quiet reason">${reason}</span>`}
      </th>
      <td class="number nowrap">${of.percent} %</td>
      <td class="number nowrap">${of.percent_now} %</td>
      <td class="number nowrap">${requests}</td>
      <td class="number nowrap">${requests > 0 ? percent(errors / requests) : "–"}</td>
      <td class="number nowrap">${isNumber(p95_ms) ? milliseconds(Number(p95_ms)) : "–"}</td>
      <td class="number nowrap">${isNumber(drift) ? Number(drift).toFixed(2) : "–"}</td>
    </tr>
  `;
}

/** @param {{ model: Api.ModelResponse, reload: () => void }} props */
function Form({ model, reload }) {
  const { name, routes, canary, serving } = model;
  const saved = texts(routes ?? { [serving.version]: 100 });
  const [shares, setShares] = useState(saved);
  const chosen = Object.entries(shares).filter(([, share]) => share !== "");
  const sum = chosen.reduce((total, [, share]) => total + Number(share), 0);
  const fits = sum === 100 && chosen.length <= most && chosen.every(([, share]) => /^\d+$/.test(share));
  const wanted = Object.fromEntries(chosen.map(([version, share]) => [version, Number(share)]));
  const [set, end] = [
    patch(name, canary ? { routes: wanted, stop: canary.stop } : { routes: wanted }),
    patch(name, { routes: null }),
  ];
  const change = useAction(async (signal, /** @type {boolean} */ isEnd) => {
    const question = isEnd
      ? {
        title: "End the routes?",
        text: `Version ${serving.version} then answers all requests without a version.`,
        action: "End the routes",
        request: end,
      }
      : {
        title: `Divide the requests for ${name}?`,
        text: `${sentence(wanted)} What was measured so far is forgotten.`,
        action: "Set the routes",
        request: set,
      };
    if (!(await confirm(question))) return;
    await json(question.request, signal);
    toast(isEnd ? "The routes are ended." : "The routes are set.");
    reload();
  });
  const versions = candidates(model, shares);
  return html`
    <fieldset class="stack shares">
      <legend>Percent of the requests</legend>
      <div class="row">
        ${versions.map(
          (version) => html`
            <label key=${version}>
              Version ${version}
              <input type="number" min="0" max="100" step="1" value=${shares[version] ?? ""}
                onInput=${(/** @type {any} */ event) =>
                  setShares({ ...shares, [version]: event.currentTarget.value })} />
            </label>
          `,
        )}
      </div>
      <p class=${fits ? "small quiet" : "wrong"} role="status">
        ${chosen.length > most ? `At most ${most} versions share the requests.` : `${sum} % of 100 %.`}
      </p>
      <div class="row">
        <button type="button" class="primary" disabled=${!fits || change.isRunning}
          onClick=${() => change.run(false)}>Set the routes</button>
        ${routes && html`<button type="button" class="danger" disabled=${change.isRunning}
          onClick=${() => change.run(true)}>End the routes</button>`}
      </div>
      <${ErrorNote} error=${change.error} />
      <div class="row curls">
        <${Curl} title="curl: set the routes" request=${set} />
        <${Curl} title="curl: end the routes" request=${end} />
      </div>
    </fieldset>
  `;
}

/**
 * The versions that can get a share: those that have one, the default, and the newest that answer.
 * @param {Api.ModelResponse} model
 * @param {Record<string, string>} shares
 */
function candidates({ versions, serving }, shares) {
  const able = (versions ?? []).filter(({ state }) => state === "ready").map(({ version }) => version);
  const all = [...Object.keys(shares).map(Number), serving.version, ...able.slice(-most)];
  return [...new Set(all)].sort((a, b) => a - b);
}

/** @param {Record<string, number>} routes @returns {Record<string, string>} */
const texts = (routes) => Object.fromEntries(Object.entries(routes).map(([version, share]) => [version, `${share}`]));

/** @param {Record<string, number>} routes */
function sentence(routes) {
  const parts = Object.entries(routes).map(([version, share]) => `version ${version} ${share} %`);
  return `Of the requests without a version, ${parts.join(", ")}.`;
}

/** @param {string} name @param {object} change */
function patch(name, change) {
  return { method: /** @type {const} */ ("PATCH"), path: path`v1/models/${name}`, json: change };
}
