// @ts-check
import { Curl } from "../../components/curl.js";
import { confirm } from "../../components/dialog.js";
import { ErrorNote, Loaded, toast } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { NewKey } from "./new.js";

const request = { path: "v1/keys" };

/**
 * The keys that the server knows, for those who may make and revoke them.
 * @param {{ scopes: { name: string, text: string }[] }} props
 */
export function KeyList({ scopes }) {
  const keys = useResource((signal) => json(request, signal), []);
  const revoke = useAction(async (signal, /** @type {string} */ name) => {
    const question = {
      title: `Revoke the key ${name}?`,
      text: "No server accepts it any more. This can't be undone: its holder needs another key.",
      action: "Revoke",
      request: { method: /** @type {const} */ ("DELETE"), path: path`v1/keys/${name}` },
    };
    if (!(await confirm(question))) return;
    await json(question.request, signal);
    toast(`The key ${name} is revoked.`);
    keys.reload();
  });
  return html`
    <section class="stack known" aria-labelledby="key-list">
      <h2 id="key-list">Keys of the server</h2>
      <${Loaded} of=${keys} what="Reading the keys">
        ${(/** @type {Api.KeyListResponse} */ list) =>
          list.keys.length === 0
            ? html`<p class="quiet">There are none yet.</p>`
            : html`
                <div class="scroll panel table-panel" tabindex="0" role="region" aria-label="Keys">
                  <table>
                    <thead>
                      <tr><th scope="col">Name</th><th scope="col">Scopes</th><th scope="col">State</th>
                        <th scope="col">Made</th><th scope="col"><span class="visually-hidden">Actions</span></th></tr>
                    </thead>
                    <tbody>
                      ${list.keys.map((one) => html`<${Row} key=${one.name} of=${one} revoke=${revoke} />`)}
                    </tbody>
                  </table>
                </div>
              `}
      <//>
      <${ErrorNote} error=${revoke.error} />
      <${Curl} request=${request} />
      <${NewKey} scopes=${scopes} onMade=${keys.reload} />
    </section>
  `;
}

/** @param {{ of: Api.KnownKeyResponse, revoke: { run: (name: string) => void, isRunning: boolean } }} props */
function Row({ of, revoke }) {
  const made = of.created_at ? `${time(of.created_at)}${of.created_by ? ` by ${of.created_by}` : ""}` : "configured";
  const state =
    of.state === "valid" && of.expires_at
      ? `valid until ${time(of.expires_at)}`
      : `${of.state}${of.revoked_by ? ` by ${of.revoked_by}` : ""}`;
  return html`
    <tr>
      <th scope="row" class="break name">${of.name}</th>
      <td>${of.scopes.join(", ")}</td>
      <td>${state}</td>
      <td>${made}</td>
      <td>
        ${of.source === "stored" &&
        of.state === "valid" &&
        html`<button type="button" disabled=${revoke.isRunning} onClick=${() => revoke.run(of.name)}>Revoke</button>`}
      </td>
    </tr>
  `;
}
