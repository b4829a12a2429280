// @ts-check
import { isOnline } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";

/**
 * What the server says, as a component needs it. `data` stays while newer data is loaded, so that nothing jumps.
 * @template T
 * @typedef {{
 *   data: T | undefined, error: any, isLoading: boolean, reload: () => void, set: (data: T) => void,
 * }} Resource
 */

/**
 * Loads data when the component appears and when one of `inputs` changes. A load that is no longer wanted is cancelled,
 * and its answer is dropped. After the server was away, the data is loaded anew.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs
 * @param {{ every?: number }} [options] `every`: milliseconds after which it is loaded again, while the page is visible
 * @returns {Resource<T>}
 */
export function useResource(load, inputs, { every } = {}) {
  const [state, setState] = useState(
    /** @type {{ data?: T, error?: any, isLoading: boolean }} */ ({ isLoading: true }),
  );
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const seen = useRef(inputs);

  useEffect(() => {
    const abort = new AbortController();
    const isSame = seen.current.every((value, i) => Object.is(value, inputs[i]));
    seen.current = inputs;
    setState((old) => (isSame ? { ...old, isLoading: true } : { isLoading: true }));
    /** @type {number | undefined} */
    let timer;
    const run = async () => {
      try {
        const data = await load(abort.signal);
        if (!abort.signal.aborted) setState({ data, isLoading: false });
      } catch (error) {
        if (!abort.signal.aborted) setState((old) => ({ data: old.data, error, isLoading: false }));
      }
      if (every && !abort.signal.aborted) timer = setTimeout(next, every);
    };
    const next = () => (document.hidden ? (timer = setTimeout(next, every)) : run());
    run();
    const unsubscribe = isOnline.subscribe((online) => online && reload());
    return () => {
      abort.abort();
      clearTimeout(timer);
      unsubscribe();
    };
  }, [...inputs, turn, every]);

  return {
    data: state.data,
    error: state.error,
    isLoading: state.isLoading,
    reload,
    set: useCallback((data) => setState({ data, isLoading: false }), []),
  };
}

/**
 * Runs something that the user asked for: `run` starts it and cancels the one before, `isRunning` disables the button,
 * `error` is shown beside it. When the component goes, what runs is cancelled.
 * @template {any[]} A
 * @template T
 * @param {(signal: AbortSignal, ...args: A) => Promise<T>} act
 */
export function useAction(act) {
  const [state, setState] = useState(/** @type {{ isRunning: boolean, error?: any }} */ ({ isRunning: false }));
  const current = useRef(/** @type {AbortController | null} */ (null));
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => () => current.current?.abort(), []);
  const run = useCallback(async (/** @type {A} */ ...args) => {
    current.current?.abort();
    const abort = (current.current = new AbortController());
    setState({ isRunning: true });
    try {
      const result = await latest.current(abort.signal, ...args);
      if (!abort.signal.aborted) setState({ isRunning: false });
      return result;
    } catch (error) {
      if (!abort.signal.aborted) setState({ isRunning: false, error });
      return undefined;
    }
  }, []);
  const cancel = useCallback(() => {
    current.current?.abort();
    setState({ isRunning: false });
  }, []);
  return { ...state, run, cancel };
}

/**
 * The value, once it has not changed for some time.
 * @template T
 * @param {T} value
 * @param {number} milliseconds
 * @returns {T}
 */
export function useDebounced(value, milliseconds) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}

/**
 * The address of a blob, for `src`; it is released with the component.
 * @param {Blob | null | undefined} blob
 * @returns {string | undefined}
 */
export function useObjectUrl(blob) {
  const [url, setUrl] = useState(/** @type {string | undefined} */ (undefined));
  useEffect(() => {
    if (!blob) return setUrl(undefined);
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
