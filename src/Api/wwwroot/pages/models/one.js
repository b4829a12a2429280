// @ts-check
import { confirm } from "../../components/dialog.js";
import { ErrorNote, Loaded, toast } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { json, path } from "../../lib/api.js";
import { bytes, compact, shape } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html } from "../../lib/html.js";
import { go, href } from "../../lib/router.js";
import { AddVersion } from "./add-version.js";
import { Canary } from "./canary.js";
import { Compare } from "./compare.js";
import { Labels } from "./labels.js";
import { Network } from "./network.js";
import { OnlyLooking, defaultOf } from "./parts.js";
import { Versions } from "./versions.js";

const tabs = [
  { key: "", word: "Versions", part: Versions },
  { key: "canary", word: "Canary", part: Canary },
  { key: "compare", word: "Compare", part: Compare },
  { key: "labels", word: "Labels", part: Labels },
  { key: "network", word: "Network", part: Network },
  { key: "add", word: "Add a version", part: AddVersion },
];

/**
 * What the parts of a model's page get: `reload` loads the model anew after a change.
 * @typedef {{
 *   model: Api.ModelResponse,
 *   query: Record<string, string>,
 *   mayManage: boolean,
 *   reload: () => void,
 * }} PartProps
 */

/** @param {{ name: string, query: Record<string, string>, mayManage: boolean }} props */
export function OneModel({ name, query, mayManage }) {
  const model = useResource(
    (signal) => /** @type {Promise<Api.ModelResponse>} */ (json({ path: path`v1/models/${name}` }, signal)),
    [name],
    { every: 5000 },
  );
  const shown = tabs.find(({ key }) => key === (query.tab ?? "")) ?? tabs[0];
  return html`
    <${PageHead} title=${name} trail=${[{ text: "Models", href: href("models") }]}>
      ${model.data ? summary(model.data) : "A model and its versions."}
    <//>
    <${Loaded} of=${model} what="Loading the model">
      ${(/** @type {Api.ModelResponse} */ data) => html`
        <${Doings} model=${data} mayManage=${mayManage} />
        <nav class="tabs" aria-label="Parts of the model">
          ${tabs
            .filter(({ key }) => mayManage || key !== "add")
            .map(
              ({ key, word }) => html`
                <a key=${key} href=${href("models", [name], { tab: key })}
                  aria-current=${key === shown.key ? "page" : undefined}>${word}</a>
              `,
            )}
        </nav>
        ${!mayManage && html`<${OnlyLooking} />`}
        <${shown.part} key=${`${name} ${shown.key}`} model=${data} query=${query} mayManage=${mayManage}
          reload=${model.reload} />
      `}
    <//>
  `;
}

/** @param {Api.ModelResponse} model */
function summary(model) {
  const { base, from, input_shape, num_classes, parameters, canary } = model;
  const version = defaultOf(model);
  const origin = base ? `Made of ${base}` : from ? `Derived from ${from}` : "A network of its own";
  const sizes = input_shape ? `, input ${shape(input_shape)}` : "";
  const classes = num_classes ? `, ${num_classes} classes` : "";
  const size = parameters ? `, ${compact(parameters)} parameters` : "";
  const alone = version === null ? "No version answers" : `Version ${version} answers`;
  const isShared = (canary?.versions ?? []).filter(({ percent_now }) => percent_now > 0).length > 1;
  const answers = isShared ? `${alone}, and others share the requests` : alone;
  return `${origin}${sizes}${classes}${size}. ${answers}.`;
}

/** @param {{ model: Api.ModelResponse, mayManage: boolean }} props */
function Doings({ model, mayManage }) {
  const { name } = model;
  const count = model.versions?.length ?? 1;
  const remove = useAction(async (signal) => {
    const request = { method: /** @type {const} */ ("DELETE"), path: path`v1/models/${name}` };
    const yes = await confirm({
      title: `Delete ${name}?`,
      text: `The model, its ${count === 1 ? "version" : `${count} versions`} and all weights are deleted for good.`,
      action: "Delete",
      request,
    });
    if (!yes) return;
    /** @type {Api.ModelDeletedResponse} */
    const { bytes_returned, held_by } = await json(request, signal);
    toast(`${name} is deleted; ${bytes(bytes_returned)} of memory are free${held_by ? ` after ${held_by}` : ""}.`);
    go("models");
  });
  return html`
    <div class="row doings">
      <a class="button" href=${href("try", [], { model: name })}>Try</a>
      <a class="button" href=${href("inside", [], { model: name })}>Look inside</a>
      <a class="button" href=${href("data", [], { model: name })}>Train</a>
      ${mayManage &&
      html`<button type="button" class="danger" disabled=${remove.isRunning}
        onClick=${() => remove.run()}>Delete the model</button>`}
    </div>
    <${ErrorNote} error=${remove.error} />
  `;
}
