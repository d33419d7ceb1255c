// SPDX-License-Identifier: Apache-2.0
// node check.mjs FOLDER FILE: what the AsyncAPI Initiative's parser in FOLDER says of an AsyncAPI document, as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, file] = process.argv.slice(2);
const load = createRequire(`${folder}/package.json`);
const { Parser } = load("@asyncapi/parser");
const { AvroSchemaParser } = load("@asyncapi/avro-schema-parser");

const parser = new Parser();
parser.registerSchemaParser(AvroSchemaParser());
const { document, diagnostics } = await parser.parse(readFileSync(file, "utf8"));
console.log(JSON.stringify({
    channels: document ? document.channels().all().map((channel) => channel.address()) : null,
    // 0 is an error, 1 a warning, 2 information.
    diagnostics: diagnostics.map((d) => ({ severity: d.severity, code: d.code, path: d.path.join("/"), message: d.message })),
}));
