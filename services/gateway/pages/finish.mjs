// After the build: tells the service worker which files there are, and compresses each file once.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const OUT = join(import.meta.dirname, "../src/backstride_gateway/static");
const COMPRESSED = /\.(js|css|html|svg|webmanifest)$/;
const KEPT_BESIDE_ASSETS = new Set(["/favicon.svg", "/manifest.webmanifest"]);

const built = readdirSync(OUT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const hash = createHash("sha256");
for (const path of built) hash.update(readFileSync(path));
const files = built
  .map((path) => `/${relative(OUT, path).split(sep).join("/")}`)
  .filter((path) => path.startsWith("/assets/") || KEPT_BESIDE_ASSETS.has(path));
const worker = join(OUT, "sw.js");
const told = JSON.stringify({ version: hash.digest("hex").slice(0, 12), files });
writeFileSync(worker, `self.PRECACHE=${told};\n${readFileSync(worker, "utf8")}`);

for (const path of built.filter((each) => COMPRESSED.test(each))) {
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
