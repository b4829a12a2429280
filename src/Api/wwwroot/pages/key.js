// @ts-check
import { Curl } from "../components/curl.js";
import { Field } from "../components/field.js";
import { Icon } from "../components/icon.js";
import { ErrorNote, Loading, announce } from "../components/messages.js";
import { PageHead } from "../components/page-head.js";
import { ApiError, json, key, setKey } from "../lib/api.js";
import { useAction } from "../lib/hooks.js";
import { html, useState } from "../lib/html.js";
import { href } from "../lib/router.js";
import { useKey } from "../lib/session.js";
import { useStore } from "../lib/store.js";
import { KeyList } from "./key/list.js";

const request = { path: "v1/key" };

const scopes = [
  { name: "predict", text: "Score photos, explain scores, and look inside models." },
  { name: "manage", text: "Create, change and delete models, download weights, and analyse networks." },
  { name: "train", text: "Upload photos with their labels, train models, and evaluate them." },
  { name: "metrics", text: "Read the server's metrics, which the page Live shows." },
  { name: "admin", text: "Make and revoke keys, and read who changed what." },
];

/** The key of this tab, and what it may do. */
export function Page() {
  const held = useStore(key);
  const current = useKey();
  const { data, error } = current;
  const isOpen = data !== undefined && data.name === undefined;
  return html`
    <${PageHead} title="Key">The key that this tab sends with its requests, and what it may do.<//>
    <div class="columns key-page">
      ${isOpen
        ? html`<${NoKeyNeeded} held=${held} />`
        : html`<section class="panel stack" aria-labelledby="key-entry">
            <h2 id="key-entry">${held ? "Use another key" : "Enter a key"}</h2>
            <${Entry} held=${held} />
          </section>`}
      <section class="panel stack" aria-labelledby="key-scopes" aria-busy=${current.isLoading}>
        <h2 id="key-scopes">What ${data?.name ? html`<q class="break">${data.name}</q>` : "you"} may do</h2>
        ${data && html`<${ScopeList} allowed=${data.scopes} />`}
        ${error && html`<${Refused} error=${error} held=${held} retry=${current.reload} />`}
        ${!data && !error && html`<${Loading} what="Asking the server" />`}
        <${Curl} request=${request} />
      </section>
    </div>
    ${data?.scopes.includes("admin") && html`<${KeyList} scopes=${scopes} />`}
  `;
}

/** @param {{ held: string | null }} props */
function NoKeyNeeded({ held }) {
  return html`
    <section class="panel stack" aria-labelledby="key-none">
      <h2 id="key-none">This server requires no key</h2>
      <p>
        Whoever reaches it may do everything. That suits your own machine. In production it asks for a key, and here
        too with <code>ModelService__Auth__Required=true</code>.
      </p>
      ${held && html`<p>This tab still sends a key, which the server ignores.</p><div class="row"><${Forget} /></div>`}
      <p><a href=${href("try")}>Try a model</a></p>
    </section>
  `;
}

/**
 * Takes a key, and keeps it once the server knows it.
 * @param {{ held: string | null }} props
 */
function Entry({ held }) {
  const [text, setText] = useState("");
  const [isShown, setShown] = useState(false);
  const enter = useAction(async (signal) => {
    const headers = { Authorization: `Bearer ${text.trim()}` };
    /** @type {Api.KeyResponse} */
    const answer = await json({ ...request, headers }, signal);
    setKey(text.trim());
    setText("");
    announce(`The key ${answer.name ?? ""} is in use.`);
  });
  const isUnknown = enter.error instanceof ApiError && enter.error.status === 401;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (text.trim()) enter.run();
  };
  return html`
    <form class="stack" onSubmit=${submit}>
      <${Field} label="API key" error=${isUnknown ? "The server does not know this key." : ""}
        hint="It stays in this tab, and is gone when you close it. It goes to this server only, never in an address.">
        ${(/** @type {object} */ attributes) => html`
          <div class="key-entry">
            <input ...${attributes} type=${isShown ? "text" : "password"} autocomplete="off" spellcheck=${false}
              value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
            <button type="button" aria-pressed=${isShown} onClick=${() => setShown(!isShown)}>Show</button>
          </div>
        `}
      <//>
      ${!isUnknown && html`<${ErrorNote} error=${enter.error} />`}
      <div class="row">
        <button type="submit" class="primary" disabled=${!text.trim() || enter.isRunning}>Use this key</button>
        ${held && html`<${Forget} />`}
      </div>
    </form>
  `;
}

function Forget() {
  const forget = () => {
    setKey(null);
    announce("The key is forgotten.");
  };
  return html`<button type="button" onClick=${forget}>Forget the key</button>`;
}

/** @param {{ allowed: string[] }} props */
function ScopeList({ allowed }) {
  return html`
    <ul class="scopes">
      ${scopes.map(({ name, text }) => {
        const may = allowed.includes(name);
        return html`
          <li key=${name} class=${may ? "" : "quiet"}>
            <${Icon} name=${may ? "check" : "close"} />
            <span><strong>${name}</strong><span class="visually-hidden">${may ? "allowed" : "not allowed"}: </span>
              <span>${text}</span></span>
          </li>
        `;
      })}
    </ul>
  `;
}

/** @param {{ error: any, held: string | null, retry: () => void }} props */
function Refused({ error, held, retry }) {
  if (!(error instanceof ApiError) || error.status !== 401) return html`<${ErrorNote} error=${error}
    retry=${retry} />`;
  return html`
    <p>${held ? "The server no longer knows the key of this tab." : "Nothing yet: the server asks for a key."}</p>
    <p class="quiet">
      Whoever runs the server makes one by <code>--new-key NAME predict,manage</code>, which prints the key and an entry
      for the server's configuration.
    </p>
  `;
}
