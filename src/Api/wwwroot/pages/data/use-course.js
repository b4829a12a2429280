// @ts-check
import { events, json, path } from "../../lib/api.js";
import { useEffect, useState } from "../../lib/html.js";

/**
 * A point of a curve: its step in its phase, and x in seconds since the start.
 * @typedef {{ phase: string, step: number, x: number, loss: number, accuracy: number }} Point
 *
 * The course of a training, as far as it is known. A value that grows makes a new object for each frame.
 * @typedef {object} Course
 * @property {{ phase: string, detail: string }[]} phases those that have begun, in order
 * @property {any} step the last event of a step
 * @property {Point[]} steps of the training photos
 * @property {Point[]} epochs of the validation photos; their x is that of the step before
 * @property {{ code: string, message: string }[]} warnings

 *
 * @typedef {Course & { last: number, elapsed: number, hasEnded: boolean }} Growing
 */

/** @returns {Growing} */
const begin = () => ({
  ...{ phases: [], step: null, steps: [], epochs: [], warnings: [] },
  ...{ last: 0, elapsed: 0, hasEnded: false },
});

/** Milliseconds between two drawings. */
const pause = 100;

/**
 * Follows a training while it runs, and reads the course of one that has ended. However fast the events come, the
 * page is drawn with a frame, ten times a second.
 * @param {string} id
 * @param {boolean} isGoing
 * @param {() => void} onEnd the training has ended
 * @returns {{ course: Course | undefined, error: any }}
 */
export function useCourse(id, isGoing, onEnd) {
  const [state, setState] = useState(/** @type {{ course?: Course, error?: any }} */ ({}));
  useEffect(() => {
    const abort = new AbortController();
    const course = begin();
    let frame = 0;
    let drawn = 0;
    const draw = () => {
      if (performance.now() - drawn < pause) return void (frame = requestAnimationFrame(draw));
      frame = 0;
      drawn = performance.now();
      setState({ course: { ...course } });
    };
    const take = (/** @type {any} */ event) => {
      add(course, event);
      frame ||= requestAnimationFrame(draw);
    };
    const run = isGoing ? follow(id, course, take, abort.signal).then(onEnd) : read(id, take, abort.signal);
    run.catch((error) => abort.signal.aborted || setState((old) => ({ ...old, error })));
    return () => {
      abort.abort();
      cancelAnimationFrame(frame);
    };
  }, [id, isGoing]);
  return { course: state.course, error: state.error };
}

/**
 * @param {string} id
 * @param {Growing} course
 * @param {(event: any) => void} take
 * @param {AbortSignal} signal
 */
async function follow(id, course, take, signal) {
  while (!signal.aborted && !course.hasEnded) {
    for await (const { data } of events(path`v1/trainings/${id}/events`, signal)) take(data);
    if (course.hasEnded) return;
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the server stops: it goes on later
  }
}

/**
 * @param {string} id
 * @param {(event: any) => void} take
 * @param {AbortSignal} signal
 */
async function read(id, take, signal) {
  const request = { path: path`v1/trainings/${id}/history`, query: { points: 2000 } };
  /** @type {Record<string, any[]>} */
  const { phases, epochs, steps, warnings } = await json(request, signal);
  for (const event of [...phases, ...epochs, ...steps, ...warnings].sort((a, b) => a.id - b.id)) take(event);
}

/**
 * @param {Growing} course
 * @param {any} event
 */
function add(course, event) {
  if (event.id <= course.last) return; // it came before a connection was lost
  course.last = event.id;
  if (event.event === "phase") course.phases.push(event);
  else if (event.event === "warning") course.warnings.push(event);
  else if (event.event === "end") course.hasEnded = true;
  else if (event.event === "epoch") {
    const { phase, step, val_loss: loss, val_accuracy: accuracy } = event;
    if (typeof loss === "number") course.epochs.push({ phase, step, x: course.elapsed, loss, accuracy });
  } else if (event.event === "step") {
    course.step = event;
    course.elapsed = Math.max(course.elapsed, event.elapsed);
    const { phase, step, loss, accuracy } = event;
    if (typeof loss === "number") course.steps.push({ phase, step, x: course.elapsed, loss, accuracy });
  }
}
