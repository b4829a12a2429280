// Writes the types of the API's bodies, from its OpenAPI document: `Api.ModelResponse` and so on.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import openapiTypescript, { astToString } from "openapi-typescript";

const document = new URL("../../docs/openapi.json", import.meta.url);
const names = Object.keys(JSON.parse(readFileSync(document, "utf8")).components.schemas);
mkdirSync("obj", { recursive: true });
writeFileSync("obj/api.d.ts", astToString(await openapiTypescript(document)));
writeFileSync(
  "obj/names.d.ts",
  `import type { components } from "./api";

declare global {
  namespace Api {
${names.map((name) => `    type ${name} = components["schemas"]["${name}"];`).join("\n")}
  }
}
`,
);
