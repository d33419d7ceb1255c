// SPDX-License-Identifier: Apache-2.0
// decode.js URL FOLDER: values in base64, one a line, as what the schema that each names makes of them, as JSON.
// FOLDER has the client in its node_modules.
const path = require("path");
const readline = require("readline");
const [url, folder] = process.argv.slice(2);
const { SchemaRegistry } = require(path.join(folder, "node_modules", "@kafkajs/confluent-schema-registry"));

async function main() {
  const registry = new SchemaRegistry({ host: url });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const fields = await registry.decode(Buffer.from(line, "base64"));
    console.log(JSON.stringify(fields, (_, value) => (Buffer.isBuffer(value) ? value.toString("base64") : value)));
  }
}

main().catch((why) => {
  console.error(String(why));
  process.exit(1);
});
