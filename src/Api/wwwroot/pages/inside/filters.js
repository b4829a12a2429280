// @ts-check
import { Curl } from "../../components/curl.js";
import { Loaded } from "../../components/messages.js";
import { ServerImage } from "../../components/server-image.js";
import { json, path } from "../../lib/api.js";
import { count } from "../../lib/format.js";
import { useResource } from "../../lib/hooks.js";
import { html, useState } from "../../lib/html.js";
import { Paging } from "./paging.js";

/**
 * The filters of a convolution: its weights as pictures.
 * @param {{ model: Api.ModelResponse, layer: import("./layers.js").Layer, isFirst: boolean }} props `isFirst`: it is
 *   over the photo's colours, so that a filter is one picture
 */
export function Filters({ model, layer, isFirst }) {
  const pageSize = isFirst ? 64 : 16;
  const [first, setFirst] = useState(0);
  const request = (/** @type {string} */ output) => ({
    path: path`v1/models/${model.name}/layers/${layer.key}/filters`,
    query: { channels: `${first}-${first + pageSize - 1}`, colors: "gray", output },
  });
  const figures = useResource(
    (signal) => /** @type {Promise<Api.FeatureResponse>} */ (json(request("json"), signal)),
    [model.name, model.version, layer.key, first],
  );
  return html`
    <section class="panel stack" aria-labelledby="filters" aria-busy=${figures.isLoading}>
      <header>
        <h2 id="filters">The filters of <code>${layer.key}</code></h2>
        <span class="quiet small">its weights as pictures</span>
      </header>
      <${Loaded} of=${figures} what="Loading the filters">
        ${(/** @type {Api.FeatureResponse} */ data) => html`
          <p>${summary(data)}</p>
          <div class="filter-picture scroll" tabindex="0" role="region" aria-label="Filters">
            <${ServerImage} request=${request("grid")} class="pixels"
              alt="${data.statistics.length} filters as pictures" />
          </div>
          <${Paging} what="Filters" first=${first} shown=${data.statistics.length} size=${pageSize} total=${data.total}
            onChange=${setFirst} />
        `}
      <//>
      <${Curl} request=${request("grid")} />
    </section>
  `;
}

/** @param {Api.FeatureResponse} data */
function summary({ total, shape: [, channels, ...sides] }) {
  const size = sides.join(" × ");
  if (channels === 3) {
    const colour = "red shows where a filter wants red, and so on; grey is nothing";
    return `${count(total)} filters of ${size} pixels in colour: ${colour}.`;
  }
  if (channels === 1) return `${count(total)} filters of ${size}: white adds, black subtracts.`;
  const square = channels <= 16 ? "a channel" : "one of the first 16 channels";
  return (
    `${count(total)} filters over ${count(channels)} channels, each ${size}. A row is a filter, ` +
    `and a square is how it takes ${square}: white adds, black subtracts.`
  );
}
