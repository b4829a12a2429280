// @ts-check
import { Curl } from "../../components/curl.js";
import { Field } from "../../components/field.js";
import { ErrorNote, toast } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { useAction } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";

/**
 * The labels of the default version, to be edited.
 * @param {import("./one.js").PartProps} props
 */
export function Labels({ model, mayManage, reload }) {
  const saved = (model.labels ?? []).join("\n");
  const [text, setText] = useState(saved);
  const labels = text.split("\n").map((label) => label.trim()).filter(Boolean);
  const request = {
    method: /** @type {const} */ ("PATCH"),
    path: path`v1/models/${model.name}`,
    json: { labels },
  };
  const save = useAction(async (signal) => {
    await json(request, signal);
    toast(`The labels of version ${model.version} are saved.`);
    reload();
  });
  const wanted = model.num_classes ?? labels.length;
  const fits = labels.length === wanted;
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  return html`
    <div class="stack labels">
      <p class="quiet">
        The names of the classes of version ${model.version}, the default: one a line, in the order of the scores.
      </p>
      <${Field} label="Labels"
        error=${fits ? "" : `${labels.length} lines; version ${model.version} has ${wanted} classes.`}
        hint=${twice ? `${twice} stands twice.` : `${labels.length} of ${wanted}`}>
        ${(/** @type {object} */ attributes) => html`<textarea ...${attributes} spellcheck=${false}
          readonly=${!mayManage}
          rows=${Math.min(20, Math.max(6, wanted + 1))} value=${text}
          onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}></textarea>`}
      <//>
      ${mayManage &&
      html`
        <div class="row">
          <button type="button" class="primary" disabled=${!fits || text === saved || save.isRunning}
            onClick=${() => save.run()}>
            Save the labels
          </button>
          <button type="button" disabled=${text === saved} onClick=${() => setText(saved)}>Undo the changes</button>
        </div>
        <${ErrorNote} error=${save.error} />
        <${Curl} request=${request} />
      `}
    </div>
  `;
}
