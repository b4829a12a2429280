// @ts-check
/**
 * The labels and splits of a folder's files, by the server's rules for archives: a folder for each class, perhaps below
 * folders for the splits.
 * @typedef {"train" | "val" | "test"} Split
 * @typedef {{ file: File, label: string, split?: Split }} Placed
 * @typedef {{ file_name?: string | null, detail: string }} Failure
 */

/** @type {Record<string, Split>} */
const splits = {
  train: "train",
  training: "train",
  val: "val",
  valid: "val",
  validation: "val",
  test: "test",
  testing: "test",
};
const maxFiles = 400;
const maxBytes = 48 * 1024 * 1024;

/**
 * @param {{ file: File, path: string }[]} files each with its path, which begins with the folder that was chosen
 * @returns {{ placed: Placed[], failures: Failure[] }}
 */
export function place(files) {
  const paths = files
    .map(({ file, path }) => ({ file, parts: path.split("/").filter(Boolean) }))
    .filter(({ parts }) => !isLitter(parts));
  const root = paths.find(({ parts }) => parts.length > 2)?.parts[0];
  const around = root !== undefined && !splitOf(root) ? 1 : 0;
  const hasSplits = paths.some(({ parts }) => parts.length > around + 2 && splitOf(parts[around]));
  /** @type {Placed[]} */
  const placed = [];
  /** @type {Failure[]} */
  const failures = [];
  for (const { file, parts } of paths) {
    const folders = parts.slice(around, -1);
    const split = hasSplits ? splitOf(folders[0] ?? "") : undefined;
    const label = folders[split ? 1 : 0]?.trim();
    const fail = (/** @type {string} */ detail) => failures.push({ file_name: parts.join("/"), detail });
    if (file.type && !file.type.startsWith("image/")) fail("This is not a picture.");
    else if (label) placed.push({ file, label, split });
    else fail("It is in no folder of a class.");
  }
  return { placed, failures };
}

/**
 * Parts of a size that one request takes, each of one split. Each upload makes a revision, so they are large.
 * @param {Placed[]} placed
 */
export function batches(placed) {
  /** @type {{ split?: Split, bytes: number, count: number, form: Record<string, File[]> }[]} */
  const made = [];
  for (const split of [undefined, .../** @type {const} */ (["train", "val", "test"])]) {
    let batch;
    for (const { file, label } of placed.filter((one) => one.split === split)) {
      if (!batch || batch.count >= maxFiles || batch.bytes + file.size > maxBytes) {
        batch = { split, bytes: 0, count: 0, form: /** @type {Record<string, File[]>} */ (Object.create(null)) };
        made.push(batch);
      }
      (batch.form[label] ??= []).push(file);
      batch.bytes += file.size;
      batch.count++;
    }
  }
  return made;
}

/**
 * The files that were dropped, those in folders too.
 * @param {DataTransfer} transfer
 * @returns {Promise<{ file: File, path: string }[]>}
 */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** A name for a data set, made from that of a file: lower case, with the characters that names may have. */
export function nameOf(/** @type {string} */ text) {
  const plain = text.replace(/\.zip$/i, "").toLowerCase().replace(/[^a-z0-9._-]+/g, "-");
  return plain.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "").slice(0, 64).replace(/[^a-z0-9]+$/, "");
}

/** What is wrong with a name of a data set or model; undefined if nothing is. */
export function wrongName(/** @type {string} */ name) {
  if (/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/.test(name)) return undefined;
  return name ? "1 to 64 characters: a-z, 0-9, and . _ - inside." : "It needs a name.";
}

/** @param {string[]} parts */
function isLitter(parts) {
  const name = (parts.at(-1) ?? "").toLowerCase();
  const isHidden = parts.some((part) => part.startsWith(".") || part === "__MACOSX");
  return isHidden || name === "thumbs.db" || name === "desktop.ini";
}

/** @param {string} folder */
function splitOf(folder) {
  const name = folder.toLowerCase();
  return Object.hasOwn(splits, name) ? splits[name] : undefined;
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<{ file: File, path: string }[]>}
 */
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((/** @type {(file: File) => void} */ resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ file, path: entry.fullPath }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((/** @type {(some: FileSystemEntry[]) => void} */ resolve, reject) =>
      reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesOf(one)));
  }
}
