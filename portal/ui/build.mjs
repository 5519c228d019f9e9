/* Bundles the detector and puts it, with its WebAssembly and the licences of both, where the portal serves it. */

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const built = new URL("../suyuan/portal/static/shopper/built/", import.meta.url);
const modules = new URL("node_modules/", import.meta.url);

await mkdir(built, { recursive: true });
await build({
  entryPoints: [new URL("detector.js", import.meta.url).pathname],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "inline",
  outfile: new URL("detector.js", built).pathname,
});
await cp(new URL("zxing-wasm/dist/reader/zxing_reader.wasm", modules), new URL("zxing_reader.wasm", built));
const licences = await Promise.all(
  ["barcode-detector", "zxing-wasm"].map(async (name) => {
    const { version } = JSON.parse(await readFile(new URL(`${name}/package.json`, modules), "utf8"));
    return `${name} ${version}\n\n${await readFile(new URL(`${name}/LICENSE`, modules), "utf8")}`;
  }),
);
licences.push("zxing-cpp, compiled into zxing_reader.wasm: Apache License 2.0, https://github.com/zxing-cpp/zxing-cpp\n");
await writeFile(new URL("LICENCES.txt", built), licences.join("\n"));
