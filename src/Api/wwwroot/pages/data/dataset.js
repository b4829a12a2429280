// @ts-check
import { confirm } from "../../components/dialog.js";
import { Empty, ErrorNote, Loaded, toast } from "../../components/messages.js";
import { PageHead } from "../../components/page-head.js";
import { json, path } from "../../lib/api.js";
import { amount, bytes, time } from "../../lib/format.js";
import { useAction, useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { go, href, setQuery } from "../../lib/router.js";
import { ClassBars } from "./class-bars.js";
import { ImageFilter, Images } from "./images.js";
import { Problems } from "./problems.js";
import { Uploader } from "./uploader.js";
import { imagesPage } from "./use-images.js";

/**
 * A data set: its classes, what is wrong with it, and its images.
 * @param {{ name: string, query: Record<string, string> }} props
 */
export function DatasetView({ name, query }) {
  const dataset = useResource(
    async (signal) => /** @type {Api.DatasetResponse} */ (await json({ path: path`v1/datasets/${name}` }, signal)),
    [name],
  );
  return html`
    <${PageHead} title=${name} trail=${[{ text: "Train", href: href("data") }]}>
      ${dataset.data ? html`<${Line} dataset=${dataset.data} />` : "\u00a0"}
    <//>
    <${Loaded} of=${dataset} what="Loading the data set">
      ${(/** @type {Api.DatasetResponse} */ data) =>
        html`<${Content} dataset=${data} query=${query} onChanged=${dataset.reload} />`}
    <//>
  `;
}

/** @param {{ dataset: Api.DatasetResponse }} props */
function Line({ dataset: { images, classes, bytes: size, revision, changed_at } }) {
  return html`
    ${amount(images, "photo")} in ${amount(classes.length, "class", "classes")},
    ${" "}${bytes(size)}. Revision ${revision}, changed ${time(changed_at)}.
  `;
}

/** @param {{ dataset: Api.DatasetResponse, query: Record<string, string>, onChanged: () => void }} props */
function Content({ dataset, query, onChanged }) {
  const [uploads, setUploads] = useState(0);
  const [isAdding, setAdding] = useState(dataset.images === 0);
  const [open, setOpen] = useState(/** @type {Api.DatasetImageResponse | null} */ (null));
  const label = dataset.classes.some((one) => one.label === query.label) ? query.label : undefined;
  const split = query.split || undefined;
  const seek = useAction(async (signal, /** @type {string} */ id) => setOpen(await find(dataset.name, id, signal)));
  const uploaded = () => {
    setUploads(uploads + 1);
    onChanged();
  };
  return html`
    <div class="stack wide">
      <${Actions} dataset=${dataset} isAdding=${isAdding} onAdd=${() => setAdding(!isAdding)} />
      ${isAdding &&
      html`<section class="stack tight" aria-label="Add photos">
        <${Uploader} dataset=${dataset} onDone=${uploaded} />
      </section>`}
      <${Problems} dataset=${dataset} onOpen=${seek.run} />
      <${ErrorNote} error=${seek.error} />
      ${dataset.classes.length > 0 &&
      html`<${ClassBars} classes=${dataset.classes} label=${label}
        onLabel=${(/** @type {string | undefined} */ one) => setQuery({ label: one })} />`}
      <section class="stack tight" aria-labelledby="photos-title">
        <h2 id="photos-title">Photos</h2>
        ${dataset.images === 0
          ? html`<${Empty} title="No photo yet" text="Add a folder or a zip above." />`
          : html`
            <${ImageFilter} dataset=${dataset} label=${label} split=${split} onFilter=${setQuery} />
            <${Images} key=${`${label} ${split} ${uploads}`} dataset=${dataset} label=${label} split=${split}
              open=${open} onOpen=${setOpen} onChanged=${onChanged} />
          `}
      </section>
    </div>
  `;
}

/** @param {{ dataset: Api.DatasetResponse, isAdding: boolean, onAdd: () => void }} props */
function Actions({ dataset: { name, problems }, isAdding, onAdd }) {
  const request = { method: /** @type {const} */ ("DELETE"), path: path`v1/datasets/${name}` };
  const remove = useAction(async (signal) => {
    const yes = await confirm({
      title: `Delete ${name}?`,
      text: "All its photos are deleted, in all revisions. This can't be undone. Models that were trained on it stay.",
      action: "Delete",
      request,
    });
    if (!yes) return;
    /** @type {Api.DatasetDeletedResponse} */
    const { bytes_freed } = await json(request, signal);
    toast(`${name} is deleted; ${bytes(bytes_freed)} are free.`);
    go("data");
  });
  const isReady = problems.every(({ severity }) => severity !== "error");
  return html`
    <div class="row">
      <a class="button ${isReady ? "primary" : ""}"
        href=${href("data", ["trainings", "new"], { dataset: name })}>Train a model</a>
      <a class="button" href=${href("data", ["evaluations"], { dataset: name })}>Evaluate a model</a>
      <button type="button" aria-expanded=${isAdding} onClick=${onAdd}>Add photos</button>
      <span class="grow"></span>
      <button type="button" class="danger" disabled=${remove.isRunning} onClick=${() => remove.run()}>Delete</button>
    </div>
    <${ErrorNote} error=${remove.error} />
  `;
}

/**
 * What is known of an image. The API lists images only, so all pages may be needed.
 * @param {string} dataset
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function find(dataset, id, signal) {
  /** @type {string | undefined} */
  let cursor;
  do {
    const page = await imagesPage(dataset, { limit: 1000, cursor }, signal);
    const found = page.images.find((one) => one.id === id);
    if (found) return found;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  throw new Error("this photo is no longer in the data set.");
}
