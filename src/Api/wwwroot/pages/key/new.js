// @ts-check
import { Curl } from "../../components/curl.js";
import { Field } from "../../components/field.js";
import { ErrorNote, announce, toast } from "../../components/messages.js";
import { json } from "../../lib/api.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";

/**
 * Makes a key, and shows it this once.
 * @param {{ scopes: { name: string, text: string }[], onMade: () => void }} props
 */
export function NewKey({ scopes, onMade }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState(/** @type {string[]} */ (["predict"]));
  const [end, setEnd] = useState("");
  const [made, setMade] = useState(/** @type {Api.KeyCreatedResponse | null} */ (null));
  const request = {
    method: /** @type {const} */ ("POST"),
    path: "v1/keys",
    json: { name: name.trim(), scopes: chosen, ...(end && { expires_at: new Date(end).toISOString() }) },
  };
  const make = useAction(async (signal) => {
    /** @type {Api.KeyCreatedResponse} */
    const answer = await json(request, signal);
    setMade(answer);
    setName("");
    announce(`The key ${answer.name} is made.`);
    onMade();
  });
  const isReady = name.trim() !== "" && chosen.length > 0 && !make.isRunning;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isReady) make.run();
  };
  const choose = (/** @type {string} */ scope, /** @type {boolean} */ isChosen) =>
    setChosen(scopes.map((one) => one.name).filter((one) => (one === scope ? isChosen : chosen.includes(one))));
  return html`
    <section class="panel stack" aria-labelledby="key-new">
      <h3 id="key-new">Make a key</h3>
      ${made && html`<${Made} of=${made} close=${() => setMade(null)} />`}
      <form class="stack" onSubmit=${submit}>
        <${Field} label="Name" hint="Who will hold it. The log and the audit name it, and a name is used once.">
          ${(/** @type {object} */ attributes) => html`<input ...${attributes} autocomplete="off" spellcheck=${false}
            value=${name} onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} />`}
        <//>
        <fieldset class="stack choices">
          <legend>What it allows</legend>
          ${scopes.map(
            (scope) => html`
              <label key=${scope.name}>
                <input type="checkbox" checked=${chosen.includes(scope.name)}
                  onChange=${(/** @type {any} */ event) => choose(scope.name, event.currentTarget.checked)} />
                <span>${scope.name}<span class="small quiet">${scope.text}</span></span>
              </label>
            `,
          )}
        </fieldset>
        <${Field} label="Valid until" hint="Empty: until it is revoked.">
          ${(/** @type {object} */ attributes) => html`<input ...${attributes} type="datetime-local" value=${end}
            onInput=${(/** @type {any} */ event) => setEnd(event.currentTarget.value)} />`}
        <//>
        <${ErrorNote} error=${make.error} />
        <div class="row"><button type="submit" class="primary" disabled=${!isReady}>Make the key</button></div>
        <${Curl} request=${request} />
      </form>
    </section>
  `;
}

/** @param {{ of: Api.KeyCreatedResponse, close: () => void }} props */
function Made({ of, close }) {
  const copy = async () => {
    await navigator.clipboard.writeText(of.key);
    toast("Copied.");
  };
  return html`
    <div class="note" role="group" aria-label="The new key">
      <div class="stack">
        <p>The key of <q class="break">${of.name}</q>. Give it to its holder now: it is not shown again.</p>
        <p><code class="break">${of.key}</code></p>
        <div class="row">
          ${navigator.clipboard && html`<button type="button" onClick=${copy}>Copy</button>`}
          <button type="button" onClick=${close}>Hide it</button>
        </div>
      </div>
    </div>
  `;
}
