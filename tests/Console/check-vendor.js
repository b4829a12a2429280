// Compares the libraries in wwwroot/vendor, byte by byte, with those of the npm packages that the manifest names.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../../src/Api/wwwroot/vendor/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
const known = new Set(["manifest.json", ...manifest.libraries.map((library) => library.file)]);
const errors = readdirSync(folder)
  .filter((file) => !known.has(file) && !file.endsWith(".d.ts"))
  .map((file) => `${file}: not in the manifest`);

for (const { file, package: name, version, source, sha256 } of manifest.libraries) {
  const ours = readFileSync(new URL(file, folder));
  const theirs = readFileSync(`node_modules/${name}/${source}`);
  const installed = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
  if (installed !== version) errors.push(`${file}: the manifest says ${version}, installed is ${installed}`);
  if (!ours.equals(theirs)) errors.push(`${file}: differs from ${name}/${source}`);
  if (createHash("sha256").update(ours).digest("hex") !== sha256) errors.push(`${file}: another SHA-256`);
}

for (const error of errors) console.error(error);
process.exitCode = errors.length ? 1 : 0;
