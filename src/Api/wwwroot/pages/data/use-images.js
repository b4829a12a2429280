// @ts-check
import { json, path } from "../../lib/api.js";
import { useAction } from "../../lib/hooks.js";
import { useCallback, useEffect, useRef, useState } from "../../lib/html.js";

const pageSize = 500;

/**
 * A change of an image.
 * @typedef {{ label?: string, split?: Api.Split | null }} Change
 *
 * What an image was before a change.
 * @typedef {{ id: string, change: Change }} Before
 */

/**
 * The images of a data set, of a class and split, page by page: as many as are wanted so far.
 * @param {string} dataset
 * @param {{ label?: string, split?: string }} filter it stays the same while the component lives
 */
export function useImages(dataset, filter) {
  const [images, setImages] = useState(/** @type {Api.DatasetImageResponse[]} */ ([]));
  const [cursor, setCursor] = useState(/** @type {string | null | undefined} */ (undefined));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [wanted, setWanted] = useState(1);
  const isDone = cursor === null;
  const isShort = !isDone && !error && images.length < wanted;

  useEffect(() => {
    if (!isShort) return undefined;
    const abort = new AbortController();
    imagesPage(dataset, { ...filter, cursor: cursor ?? undefined }, abort.signal).then(
      (page) => {
        setImages((old) => [...old, ...page.images]);
        setCursor(page.next_cursor ?? null);
      },
      (reason) => abort.signal.aborted || setError(reason),
    );
    return () => abort.abort();
  }, [isShort, cursor]);

  return {
    images,
    isDone,
    error,
    /** Loads until there are so many. */
    want: useCallback((/** @type {number} */ n) => setWanted((old) => Math.max(old, n)), []),
    retry: useCallback(() => setError(null), []),
    replace: useCallback((/** @type {Api.DatasetImageResponse} */ image) =>
      setImages((old) => old.map((one) => (one.id === image.id ? image : one))), []),
    remove: useCallback((/** @type {string} */ id) => setImages((old) => old.filter((one) => one.id !== id)), []),
  };
}

/**
 * @param {string} dataset
 * @param {Record<string, string | number | undefined>} query
 * @param {AbortSignal} signal
 * @returns {Promise<Api.DatasetImageListResponse>}
 */
export function imagesPage(dataset, query, signal) {
  return json({ path: path`v1/datasets/${dataset}/images`, query: { limit: pageSize, ...query } }, signal);
}

/**
 * The request that changes an image, or removes it.
 * @param {string} dataset
 * @param {string} id
 * @param {Change | null} change null removes it
 * @returns {import("../../lib/api.js").Request}
 */
export function changeOf(dataset, id, change) {
  const at = path`v1/datasets/${dataset}/images/${id}`;
  return change ? { method: "PATCH", path: at, json: change } : { method: "DELETE", path: at };
}

/**
 * Changes images one after the other, and can take the last changes back.
 * @param {string} dataset
 * @param {{
 *   onChanged: (image: Api.DatasetImageResponse) => void,
 *   onRemoved: (id: string) => void,
 *   onEnd: () => void,
 * }} events
 */
export function useChanges(dataset, { onChanged, onRemoved, onEnd }) {
  const [progress, setProgress] = useState({ done: 0, of: 0 });
  const [last, setLast] = useState(/** @type {{ text: string, before: Before[] } | null} */ (null));
  const done = useRef(/** @type {Before[]} */ ([]));
  const action = useAction(
    async (
      signal,
      /** @type {{ id: string, change: Change | null, before: Change }[]} */ changes,
      /** @type {(count: number) => string} */ sentence,
    ) => {
      done.current = [];
      setLast(null);
      setProgress({ done: 0, of: changes.length });
      try {
        for (const { id, change, before } of changes) {
          /** @type {Api.DatasetChangeResponse} */
          const { image } = await json(changeOf(dataset, id, change), signal);
          if (change && image) onChanged(image);
          else onRemoved(id);
          if (change) done.current.push({ id, change: before });
          setProgress((old) => ({ ...old, done: old.done + 1 }));
        }
      } finally {
        const count = changes[0]?.change ? done.current.length : changes.length;
        if (count > 0) setLast({ text: sentence(count), before: done.current });
        onEnd();
      }
    },
  );
  const undo = () => {
    if (!last) return;
    const changes = last.before.map(({ id, change }) => ({ id, change, before: {} }));
    action.run(changes, (count) => `${count} as before.`).then(() => setLast((old) => old && { ...old, before: [] }));
  };
  return { ...action, progress, last, undo };
}
