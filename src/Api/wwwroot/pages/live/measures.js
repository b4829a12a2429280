// @ts-check
import { histogram, parseMetrics, quantile, since, size, total } from "../../lib/prometheus.js";

/**
 * What a moment's metrics say about one model, or about all together.
 * @typedef {object} Reading
 * @property {import("../../lib/prometheus.js").Histogram} duration of inference; for all, of a prediction's request
 * @property {import("../../lib/prometheus.js").Histogram} batches
 * @property {number} answered inputs with scores; for all, requests
 * @property {number} refused inputs without scores; for all, requests that failed
 * @property {number} queue
 * @property {number} active
 * @property {number} memory
 *
 * @typedef {{ time: number, all: Reading, models: Map<string, Reading>, server: Server }} Moment
 * @typedef {{ cpu: number, cores: number, process: number, limit: number | null }} Server
 */

/**
 * Figures of the time between two moments; null where nothing happened.
 * @typedef {object} Figures
 * @property {number} rate answered a second
 * @property {number} refused a second
 * @property {number | null} p50 seconds
 * @property {number | null} p95
 * @property {number | null} p99
 * @property {number | null} batch inputs in a batch, on average
 * @property {number} queue
 * @property {number} active
 * @property {number} memory
 *
 * @typedef {object} Point
 * @property {number} time seconds since 1970
 * @property {Figures} all
 * @property {Map<string, Figures>} models
 * @property {number | null} cpu cores in use
 * @property {Server} server
 */

const requests = "http_server_request_duration_seconds";
const stages = "modelservice_stage_duration_seconds";
const batchSize = "modelservice_batch_size";
const wanted = new RegExp(`^(modelservice_|${requests}_|dotnet_process_)`);

/**
 * Reads the answer of /metrics.
 * @param {string} text
 * @param {number} time seconds since 1970
 * @returns {Moment}
 */
export function read(text, time) {
  const samples = parseMetrics(text, (name) => wanted.test(name));
  /** @type {Map<string, import("../../lib/prometheus.js").Sample[]>} */
  const byModel = new Map();
  for (const sample of samples) {
    const { model } = sample.labels;
    if (!model) continue;
    const own = byModel.get(model);
    if (own) own.push(sample);
    else byModel.set(model, [sample]);
  }
  const ofRoutes = (/** @type {RegExp} */ pattern) => (/** @type {Record<string, string>} */ labels) =>
    pattern.test(labels.http_route ?? "");
  const isApi = ofRoutes(/^v[12]\//);
  const count = `${requests}_count`;
  const failed = total(samples, count, (labels) => isApi(labels) && Number(labels.http_response_status_code) >= 400);
  const all = {
    ...readModel(samples),
    duration: histogram(samples, requests, ofRoutes(/\/(predict|infer)$/)),
    answered: total(samples, count, isApi) - failed,
    refused: failed,
    memory: total(samples, "modelservice_memory_used_bytes"),
  };
  return {
    time,
    all,
    models: new Map([...byModel].map(([name, own]) => [name, readModel(own)])),
    server: readServer(samples),
  };
}

/**
 * @param {import("../../lib/prometheus.js").Sample[]} samples
 * @returns {Reading}
 */
function readModel(samples) {
  return {
    duration: histogram(samples, stages, ({ stage }) => stage === "inference"),
    batches: histogram(samples, batchSize),
    answered: total(samples, "modelservice_inputs_total"),
    refused: total(samples, "modelservice_rejections_total"),
    queue: total(samples, "modelservice_queue_length"),
    active: total(samples, "modelservice_predictions_active"),
    memory: total(samples, "modelservice_model_memory_bytes"),
  };
}

/**
 * @param {import("../../lib/prometheus.js").Sample[]} samples
 * @returns {Server}
 */
function readServer(samples) {
  return {
    cpu: total(samples, "dotnet_process_cpu_time_seconds_total"),
    cores: total(samples, "dotnet_process_cpu_count"),
    process: total(samples, "dotnet_process_memory_working_set_bytes"),
    limit: total(samples, "modelservice_memory_limit_bytes") || null,
  };
}

/**
 * What happened between two moments.
 * @param {Moment} now
 * @param {Moment} before
 * @returns {Point}
 */
export function compare(now, before) {
  const seconds = now.time - before.time;
  const cpu = (now.server.cpu - before.server.cpu) / seconds;
  return {
    time: now.time,
    all: between(now.all, before.all, seconds),
    models: new Map(
      [...now.models].map(([name, own]) => [name, between(own, before.models.get(name) ?? own, seconds)]),
    ),
    cpu: cpu >= 0 ? cpu : null,
    server: now.server,
  };
}

/**
 * @param {Reading} now
 * @param {Reading} before
 * @param {number} seconds
 * @returns {Figures}
 */
function between(now, before, seconds) {
  const duration = since(now.duration, before.duration);
  const batches = since(now.batches, before.batches);
  const at = (/** @type {number} */ share) => duration && quantile(duration, share);
  return {
    rate: Math.max(0, now.answered - before.answered) / seconds,
    refused: Math.max(0, now.refused - before.refused) / seconds,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    batch: batches && size(batches) > 0 ? batches.sum / size(batches) : null,
    queue: now.queue,
    active: now.active,
    memory: now.memory,
  };
}
