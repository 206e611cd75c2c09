// Completes package-lock.json where the registry it was made with lacks packages for other platforms: without their entries
// `npm ci` refuses the lock file. Run it after `npm install`: node .ci/lock.js [another/package-lock.json]
import { readFileSync, writeFileSync } from "node:fs";

const FILE = process.argv[2] ?? new URL("../package-lock.json", import.meta.url);
const SYSTEMS = ["android", "darwin", "win32", "linux", "freebsd", "netbsd", "openbsd", "openharmony", "sunos", "aix"];
const PROCESSORS = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];

const lock = JSON.parse(readFileSync(FILE, "utf8"));
const packages = lock.packages;
let added = 0;

for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (isLocked(path, name)) continue;
    const version = range.replace(/^[\^~]/, "");
    packages[`node_modules/${name}`] = { version, optional: true, ...(dev ? { dev } : {}), ...platformOf(name) };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`package-lock.json: ${added} platform packages added\n`);

/** A dependency may be nested under any folder above its user. */
function isLocked(path, name) {
  for (let above = path; ; above = above.slice(0, above.lastIndexOf("/node_modules/"))) {
    if (packages[`${above === "" ? "" : `${above}/`}node_modules/${name}`]) return true;
    if (!above.includes("/node_modules/")) return packages[`node_modules/${name}`] !== undefined;
  }
}

function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) =>
    words.some((word) => word === processor || (processor === "arm" && /^arm(v\d|$)/.test(word))),
  );
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}) };
}
