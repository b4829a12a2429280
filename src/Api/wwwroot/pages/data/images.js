// @ts-check
import { confirm } from "../../components/dialog.js";
import { Select } from "../../components/field.js";
import { ErrorNote, announce } from "../../components/messages.js";
import { amount, count } from "../../lib/format.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { ImageBar } from "./image-bar.js";
import { ImageDialog } from "./image-dialog.js";
import { ImageGrid } from "./image-grid.js";
import { changeOf, useChanges, useImages } from "./use-images.js";

/**
 * The images of a data set, of a class and split: to look at, relabel, move and remove.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   label: string | undefined,
 *   split: string | undefined,
 *   open: Api.DatasetImageResponse | null,
 *   onOpen: (image: Api.DatasetImageResponse | null) => void,
 *   onChanged: () => void,
 * }} props `open`: the image that is shown large
 */
export function Images({ dataset, label, split, open, onOpen, onChanged }) {
  const { images, isDone, error, want, retry, replace, remove } = useImages(dataset.name, { label, split });
  const [chosen, setChosen] = useState(/** @type {Set<string>} */ (new Set()));
  const [isAll, setAll] = useState(false);
  const changes = useChanges(dataset.name, {
    onChanged: (image) => {
      replace(image);
      if (open?.id === image.id) onOpen(image);
    },
    onRemoved: remove,
    onEnd: onChanged,
  });
  const total = isDone ? images.length : Math.max(images.length, totalOf(dataset, label, split));

  useEffect(() => {
    if (!isAll) return;
    want(Infinity);
    setChosen(new Set(images.map(({ id }) => id)));
    if (isDone) setAll(false);
  }, [isAll, images, isDone]);

  const known = (/** @type {string} */ id) => images.find((one) => one.id === id) ?? /** @type {any} */ (open);
  const change = async (/** @type {string[]} */ ids, /** @type {import("./use-images.js").Change} */ to) => {
    const isMove = to.label === undefined;
    const list = ids.map((id) => {
      const { label, split = null } = known(id);
      return { id, change: to, before: isMove ? { split } : { label } };
    });
    const done = isMove ? `moved to ${to.split ?? "no split"}` : `relabelled as ${to.label}`;
    await changes.run(list, (n) => `${photos(n)} ${done}.`);
    announce("Done.");
    setChosen(new Set());
  };
  const removeAll = async (/** @type {string[]} */ ids) => {
    const yes = await confirm({
      title: `Remove ${photos(ids.length)}?`,
      text: "Later trainings don't see it. Earlier revisions still have it, and it can be uploaded again.",
      action: "Remove",
      request: changeOf(dataset.name, ids[0], null),
    });
    if (!yes) return;
    await changes.run(ids.map((id) => ({ id, change: null, before: {} })), (n) => `${photos(n)} removed.`);
    setChosen(new Set());
    onOpen(null);
  };
  return html`
    <${ImageBar} dataset=${dataset} chosen=${chosen} total=${total} changes=${changes}
      onAll=${() => setAll(true)} onNone=${() => setChosen(new Set())} onChange=${change} onRemove=${removeAll} />
    <${ErrorNote} error=${changes.error} />
    <${ErrorNote} error=${error} retry=${retry} />
    ${total === 0 && isDone
      ? html`<p class="quiet">There is no such photo.</p>`
      : html`<${ImageGrid} dataset=${dataset} images=${images} total=${total} chosen=${chosen} isMixed=${!label}
          onChosen=${setChosen} onOpen=${onOpen} onWant=${want} />`}
    ${open && html`<${ImageDialog} dataset=${dataset} image=${open} isBusy=${changes.isRunning} last=${changes.last}
      next=${neighbour(images, open, 1)} previous=${neighbour(images, open, -1)}
      onOpen=${onOpen} onChange=${change} onRemove=${removeAll} onUndo=${changes.undo} />`}
  `;
}

/**
 * Which images are shown.
 * @param {{
 *   dataset: Api.DatasetResponse,
 *   label: string | undefined,
 *   split: string | undefined,
 *   onFilter: (filter: { label?: string, split?: string }) => void,
 * }} props
 */
export function ImageFilter({ dataset, label, split, onFilter }) {
  const option = (/** @type {string} */ value, /** @type {number} */ n) => ({ value, text: `${value} (${count(n)})` });
  const labels = [{ value: "", text: "All classes" }, ...dataset.classes.map((one) => option(one.label, one.images))];
  const splits = ["train", "val", "test"].map((value) => option(value, totalOf(dataset, label, value)));
  return html`
    <div class="row filter-row">
      <${Select} label="Class" value=${label ?? ""} options=${labels}
        onChange=${(/** @type {string} */ value) => onFilter({ label: value || undefined })} />
      <${Select} label="Split" value=${split ?? ""} options=${[{ value: "", text: "All splits" }, ...splits]}
        onChange=${(/** @type {string} */ value) => onFilter({ split: value || undefined })} />
    </div>
  `;
}

/** @param {Api.DatasetResponse} dataset @param {string | undefined} label @param {string | undefined} split */
function totalOf({ classes }, label, split) {
  const key = split === "train" || split === "val" || split === "test" ? split : "images";
  return classes.filter((one) => !label || one.label === label).reduce((sum, one) => sum + one[key], 0);
}

/** @param {Api.DatasetImageResponse[]} images @param {Api.DatasetImageResponse} image @param {number} by */
function neighbour(images, image, by) {
  const at = images.findIndex(({ id }) => id === image.id);
  return at < 0 ? undefined : images[at + by];
}

const photos = (/** @type {number} */ n) => amount(n, "photo");
