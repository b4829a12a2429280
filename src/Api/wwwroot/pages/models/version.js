// @ts-check
import { Curl } from "../../components/curl.js";
import { Loaded } from "../../components/messages.js";
import { json, path } from "../../lib/api.js";
import { amount, bytes, compact, count, milliseconds, percent, seconds, shape, time } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useEffect, useRef } from "../../lib/html.js";
import { href } from "../../lib/router.js";
import { VersionActions } from "./actions.js";
import { Int8Report } from "./int8-report.js";
import { memoryOf, origin } from "./parts.js";
import { Quantize } from "./quantize.js";
import { Report } from "./report.js";

/**
 * One version: what it is, what it takes, and what can be done with it.
 * @param {import("./one.js").PartProps & { version: number }} props
 */
export function Version(props) {
  const { model, version } = props;
  const request = { path: path`v1/models/${model.name}/versions/${version}` };
  const summary = model.versions?.find((one) => one.version === version);
  const shown = useResource(
    (signal) => /** @type {Promise<Api.ModelResponse>} */ (json(request, signal)),
    [model.name, version],
  );

  // What it shows stays meanwhile, and so does what is being typed.
  const state = `${summary?.state} ${model.serving.version} ${model.serving.pinned}`;
  const loaded = useRef(state);
  useEffect(() => {
    if (loaded.current !== state) shown.reload();
    loaded.current = state;
  }, [state]);
  return html`
    <section class="stack" aria-labelledby="version">
      <h2 id="version">Version ${version}</h2>
      <${VersionActions} ...${props} state=${summary?.state} />
      <${Loaded} of=${shown} what="Loading the version">
        ${(/** @type {Api.ModelResponse} */ data) => html`
          <div class="columns">
            <section class="panel stack" aria-labelledby="version-facts">
              <h3 id="version-facts">What it is</h3>
              <${Facts} of=${data} />
            </section>
            <div class="stack">
              <section class="panel stack" aria-labelledby="version-made">
                <h3 id="version-made">How it was made</h3>
                <${Made} of=${data} />
              </section>
              <section class="panel stack" aria-labelledby="version-trust">
                <h3 id="version-trust">Whether to trust it</h3>
                <${Samples} samples=${data.samples} />
                <${Fidelity} of=${data} />
                <p>
                  <a href=${href("data", ["evaluations", model.name, version])}>Evaluate it on a data set</a>
                </p>
              </section>
            </div>
          </div>
          ${data.quantization &&
          html`<${Int8Report} name=${model.name} from=${data.lineage?.from} report=${data.quantization} />`}
          <${Quantize} ...${props} of=${data} />
          <section class="panel stack" aria-labelledby="version-weights">
            <h3 id="version-weights">Weights</h3>
            ${data.weights_report
              ? html`<${Report} report=${data.weights_report} />`
              : html`<p>${data.weights === "random" ? "All weights are random." : "There is no report of a file."}</p>`}
            ${data.random_tensors && html`<p class="small break">Random: ${data.random_tensors.join(", ")}</p>`}
          </section>
          <${Curl} request=${request} />
        `}
      <//>
    </section>
  `;
}

/** @param {{ of: Api.ModelResponse }} props */
function Facts({ of }) {
  const memory = memoryOf(of);
  /** @type {[string, any][]} */
  const facts = [
    ["Input", of.input_shape && shape(of.input_shape)],
    ["Classes", of.num_classes && count(of.num_classes)],
    ["Parameters", of.parameters && `${compact(of.parameters)} (${bytes(of.bytes)})`],
    ["Cost", of.macs && `${compact(of.macs)} multiply-adds an input`],
    ["Device", [of.device ?? "decided when it is loaded", of.precision].filter(Boolean).join(", ")],
    ["Chosen", of.chosen && choice(of.chosen)],
    ["In memory", memory ? bytes(memory) : "not now"],
    ["", memory > 0 && html`<span class="small quiet">
      ${bytes(of.plan_bytes)} weights, ${bytes(of.workspace_bytes)} to compute a batch
    </span>`],
    ["Loaded", of.loaded_at && time(of.loaded_at)],
    ["Created", time(of.created_at)],
  ];
  return html`
    <dl class="facts">
      ${facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
    </dl>
  `;
}

/**
 * What a version that may choose its precision computes in, and the times by which that was chosen.
 * @param {Api.PrecisionChoice} chosen
 */
function choice({ precision, float32_layers, ms, too_inexact }) {
  const mixed = float32_layers.length > 0 ? ` with ${amount(float32_layers.length, "layer")} in float32` : "";
  const times = Object.entries(ms).map(
    ([kind, one]) => milliseconds(one) + (kind === "mixed" ? " mixed" : ` in ${kind}`),
  );
  const why = times.length > 0 ? `an input takes ${times.join(", ")}` : "this machine has no faster one";
  const left = too_inexact ? `; ${too_inexact} is faster, but its answers differ too much` : "";
  return `${precision}${mixed}: ${why}${left}`;
}

/** @param {{ of: Api.ModelResponse }} props */
function Made({ of }) {
  const { lineage, name } = of;
  const training = lineage?.training;
  const parent = lineage?.parent;
  const link = html`<a href=${href("models", [name], { version: parent ?? undefined })}>version ${parent}</a>`;
  const beginning = html`<p>${origin(of)}${parent ? html`, while ${link} was the default` : ""}.</p>`;
  if (!training) return beginning;
  const { dataset, revision } = training;
  const accuracy = (/** @type {number | null | undefined} */ value) =>
    typeof value === "number" ? `${percent(value)} right` : "none";
  return html`
    ${beginning}
    <dl class="facts">
      <dt>Data set</dt>
      <dd>
        <a href=${href("data", ["datasets", dataset])}>${dataset}</a>, revision ${revision}
      </dd>
      <dt>Training images</dt><dd>${count(training.images)}</dd>
      <dt>Took</dt><dd>${seconds(training.seconds)}, ${seconds(training.cpu_seconds)} of processors</dd>
      <dt>Validation</dt><dd>${accuracy(training.val_accuracy)}</dd>
      <dt>Test</dt><dd>${accuracy(training.test_accuracy)}</dd>
      <dt>Training</dt>
      <dd><a href=${href("data", ["trainings", training.id])}>${training.id}</a>, seed ${training.seed}</dd>
    </dl>
    <p class="small quiet">${training.promoted ? "Made the default." : "Not made the default."} ${training.reason}</p>
  `;
}

/** @param {{ samples: Api.SamplesResponse | null | undefined }} props */
function Samples({ samples }) {
  if (!samples) return html`<p class="quiet">No golden samples: nothing says what it must get right.</p>`;
  const { count: all, reproduced, held_back, differences } = samples;
  return html`
    <p>
      ${reproduced
        ? `It reproduces ${all === 1 ? "its golden sample" : `all ${all} golden samples`}.`
        : `It gets ${differences.length} of ${all} golden samples wrong.`}
      ${held_back && " So it is held back: it becomes the default only if you make it so."}
    </p>
    ${differences.length > 0 &&
    html`<ul class="differences">
      ${differences.map(
        (one) => html`
          <li key=${one.index}>
            Sample ${one.index}: ${one.error ?? ""}
            ${typeof one.expected_top_1 === "number" &&
            ` class ${one.expected_top_1} expected, ${one.found_top_1} found.`}
            ${typeof one.score_difference === "number" &&
            ` A score differs by ${one.score_difference.toPrecision(3)}; ${one.tolerance} is allowed.`}
          </li>
        `,
      )}
    </ul>`}
  `;
}

/** @param {{ of: Api.ModelResponse }} props */
function Fidelity({ of: { route, route_reason, fidelity, precision } }) {
  if (!route) return html`<p class="quiet">How it is computed is decided when it is loaded.</p>`;
  if (route === "module") return html`<p>It is computed layer by layer, without a plan. ${route_reason}</p>`;
  if (!fidelity) return html`<p>It is computed by a compiled plan.</p>`;
  const most = fidelity.max_difference;
  return html`
    <p>
      It is computed by a compiled plan. Checked on ${fidelity.inputs} ${" "}
      ${precision === "int8" ? "images that were held out" : "generated inputs"} against the network as it is
      written: the same best class for ${percent(fidelity.top1_agreement)}; a probability differs at most by ${" "}
      ${most === 0 ? "0" : most < 1e-3 ? most.toExponential(1) : most.toFixed(3)}.
    </p>
  `;
}
