// @ts-check
import { Curl } from "../components/curl.js";
import { Icon } from "../components/icon.js";
import { ErrorNote, Loaded, toast } from "../components/messages.js";
import { PageHead } from "../components/page-head.js";
import { json } from "../lib/api.js";
import { useAction, useResource } from "../lib/hooks.js";
import { html, useEffect, useState } from "../lib/html.js";
import { setQuery } from "../lib/router.js";
import { CreateDialog } from "./builder/create.js";
import { useEditor } from "./builder/editor.js";
import { Graph } from "./builder/graph.js";
import { JsonEditor } from "./builder/json-editor.js";
import { LayerList, Problems } from "./builder/list.js";
import { load, OpenDialog } from "./builder/open.js";
import { format } from "./builder/text.js";
import { Palette } from "./builder/palette.js";
import { Totals } from "./builder/totals.js";
import { Tour } from "./builder/tour.js";

/** @typedef {import("../lib/router.js").Route} Route */

/**
 * A network is built: as a list, a drawing and JSON at once.
 * @param {{ route: Route }} props
 */
export function Page({ route }) {
  const layers = useResource((signal) => json({ path: "v1/layers" }, signal), []);
  return html`
    <${PageHead} title="Builder">Build a network layer by layer, and see at once what each layer gives and costs.<//>
    <${Loaded} of=${layers} what="Loading the layer types">
      ${(/** @type {Api.LayerListResponse} */ list) => html`<${Builder} route=${route} descriptions=${list.layers} />`}
    <//>
  `;
}

/** @param {{ route: Route, descriptions: Api.LayerDescription[] }} props */
function Builder({ route, descriptions }) {
  const editor = useEditor(descriptions);
  const [dialog, setDialog] = useState(/** @type {"open" | "create" | null} */ (null));
  const { model, base, tour } = route.query;
  const { analysis } = editor;
  /** @type {import("./builder/open.js").OnNetwork} */
  const put = (network, name, preprocessing) => {
    editor.open(network, preprocessing);
    setDialog(null);
    toast(`Opened: ${name}. Undo goes back.`);
  };
  const opened = useAction(async (signal) => {
    const { network, preprocessing } = await load({ model, base }, signal);
    put(network, model ?? base ?? "", preprocessing);
    setQuery({ model: undefined, base: undefined });
  });
  useEffect(() => {
    if (model || base) opened.run();
  }, [model, base]);

  return html`
    <div class="stack builder">
      <div class="row toolbar">
        <button type="button" class="icon" title="Undo (Ctrl+Z)" aria-label="Undo" disabled=${!editor.canUndo}
          onClick=${editor.undo}><${Icon} name="undo" /></button>
        <button type="button" class="icon" title="Redo (Ctrl+Shift+Z)" aria-label="Redo" disabled=${!editor.canRedo}
          onClick=${editor.redo}><${Icon} name="redo" /></button>
        <button type="button" onClick=${() => editor.ask()}><${Icon} name="add" />Add a layer</button>
        <button type="button" onClick=${() => setDialog("open")}>Open …</button>
        ${!tour && html`<button type="button" onClick=${() => setQuery({ tour: 1 })}>Take the tour</button>`}
        <button type="button" class="primary" onClick=${() => setDialog("create")}>Create a model</button>
      </div>
      <${ErrorNote} error=${opened.error} retry=${() => opened.run()} />
      ${tour && html`<${Tour} editor=${editor} at=${Number(tour)} onCreate=${() => setDialog("create")} />`}
      <section class="panel drawing" aria-label="Drawing">
        <${Graph} editor=${editor} />
        <${Totals} editor=${editor} />
      </section>
      ${analysis.error?.status !== 0 && html`<${ErrorNote} error=${analysis.error} retry=${analysis.reload} />`}
      <div class="columns builder-columns">
        <section class="panel" aria-label="Layers">
          <header><h2>Layers</h2></header>
          <${Problems} problems=${analysis.problemsOf(undefined, "")} />
          <${LayerList} editor=${editor} />
        </section>
        <section class="panel builder-json" aria-label="JSON">
          <header>
            <h2>JSON</h2>
            <button type="button" class="plain small" disabled=${editor.moment.text === format(editor.network)}
              onClick=${() => editor.write(format(editor.network))}>Tidy up</button>
          </header>
          <${JsonEditor} editor=${editor} />
          <${Curl} request=${analysis.request} title="curl of the analysis" />
        </section>
      </div>
    </div>
    <${Palette} editor=${editor} />
    <${OpenDialog} isOpen=${dialog === "open"} onClose=${() => setDialog(null)} onNetwork=${put} />
    <${CreateDialog} editor=${editor} isOpen=${dialog === "create"} onClose=${() => setDialog(null)} />
  `;
}
