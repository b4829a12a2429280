// @ts-check
import { Curl } from "../../components/curl.js";
import { ErrorNote, Loaded } from "../../components/messages.js";
import { path, send } from "../../lib/api.js";
import { download } from "../../lib/download.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { href } from "../../lib/router.js";

/**
 * The network of the default version: in the architecture language, and as a torch.nn module.
 * @param {import("./one.js").PartProps} props
 */
export function Network({ model }) {
  const { name } = model;
  return html`
    <p class="intro">
      See it in the <a href=${href("builder", [], { model: name })}>Builder</a>, or
      look <a href=${href("inside", [], { model: name })}>inside</a>.
    </p>
    <div class="columns">
      <${Source} title="Architecture" text="In the architecture language of this server." name=${name} format="json"
        file="${name}.json" />
      <${Source} title="torch.nn" text="The same module in PyTorch, with the same keys of its tensors." name=${name}
        format="pytorch" file="${name}.py" />
    </div>
  `;
}

/** @param {{ title: string, text: string, name: string, format: Api.ArchitectureFormat, file: string }} props */
function Source({ title, text, name, format, file }) {
  const request = { path: path`v1/models/${name}/architecture`, query: { format } };
  const source = useResource(
    async (signal) => {
      const answer = await send(request, signal);
      return format === "json" ? JSON.stringify(await answer.json(), null, 2) : answer.text();
    },
    [name],
  );
  const save = useAction((signal) => download(request, file, signal));
  return html`
    <section class="panel stack" aria-labelledby="source-${format}">
      <h2 id="source-${format}">${title}</h2>
      <p class="quiet">${text}</p>
      <${Loaded} of=${source} what="Loading the source">
        ${(/** @type {string} */ data) => html`
          <pre class="source-code" tabindex="0" role="region"
            aria-label="The source, ${title}"><code>${data}</code></pre>
          <div class="row">
            <button type="button" disabled=${save.isRunning} onClick=${() => save.run()}>Download ${file}</button>
          </div>
          <${ErrorNote} error=${save.error} />
        `}
      <//>
      <${Curl} request=${request} />
    </section>
  `;
}
