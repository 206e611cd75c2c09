#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told what is missing instead of crashing.
import { existsSync } from "node:fs";
import module from "node:module";
import { setFlagsFromString } from "node:v8";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `tidewire needs Node 22.12 or newer and this is ${process.versions.node}. ` +
      "In a clone, `npm ci` brings Node 24 along: start it with `npm start` or `npm run tidewire --`.\n",
  );
  process.exit(1);
}

// Compiled code, stripped of types, is kept from one start to the next in the system's temporary folder: it halves the work.
module.enableCompileCache();
// What a start makes, it keeps. V8 would let its nursery grow for that by 60 MB that it never gives back, to no use: not
// before the server is up (src/product.ts).
setFlagsFromString("--semi-space-growth-factor=1");

// A clone runs its TypeScript as it is (type stripping, Node 22.18 or newer); a published package has dist/ only.
const source = new URL("../src/main.ts", import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
