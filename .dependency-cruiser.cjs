/**
 * The rooms of src/, lowest first: a room imports only from rooms below it (docs/ARCHITECTURE.md).
 * Rooms of one line stand side by side and do not know each other.
 */
const STEPS = [
  ["kernel"],
  ["model", "template", "net", "config", "version"],
  ["manifest", "store"],
  ["engine", "jobs", "sandbox"],
  ["command", "context"],
  ["access", "connections", "events"],
  ["delivery", "actions", "triggers", "subscriptions", "inbound"],
  ["worker", "directory", "observe"],
  ["catalog"],
  ["surfaces"],
  ["paths", "in-process", "sandbox-beside", "app", "take-backup", "product", "main", "index"],
];

/** Neighbours on one step that may know each other, each for its reason. */
const NEIGHBOURS = {
  config: "net", // a list of who may be called is judged when the settings are read, by the guard's own rules
  connections: "events", // a connection that needs a person again is told as an event
  command: "context", // a Command runs in a Context
  subscriptions: "delivery", // a subscription's test goes out the way that deliveries do, signed with the secrets it keeps
};

const inRoom = (room) => `^src/${room}(/|\\.ts$)`;

const layers = STEPS.flatMap((rooms, step) =>
  rooms
    .map((room) => {
      const above = STEPS.slice(step + 1).flat();
      const beside =
        step === STEPS.length - 1 ? [] : rooms.filter((other) => other !== room && NEIGHBOURS[room] !== other);
      return {
        name: `${room}-imports-downwards`,
        comment: `${room}/ may only know the rooms below it: what is low must not change because something above it does.`,
        severity: "error",
        from: { path: inRoom(room) },
        to: { path: [...above, ...beside].map(inRoom) },
      };
    })
    .filter((rule) => rule.to.path.length > 0),
);

module.exports = {
  forbidden: [
    ...layers,
    {
      name: "no-circles",
      comment: "Files that import each other in a circle can only be understood all at once.",
      severity: "error",
      from: {},
      to: { circular: true, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "commands-are-for-the-catalog",
      comment:
        "A feature's commands.ts is its public face; only the catalog reads it, so that every surface sees the same list.",
      severity: "error",
      from: { path: "^src", pathNot: "^src/catalog\\.ts$" },
      to: { path: "^src/[^/]+/commands\\.ts$" },
    },
    {
      name: "backends-are-named-once",
      comment: "Only the composition root knows which database, job engine and HTTP client there are.",
      severity: "error",
      from: { path: "^src", pathNot: "^src/((app|sandbox-beside|product)\\.ts$|(store|jobs|net)/)" },
      to: { path: "^src/(store/sqlite|jobs/embedded|net/http)\\.ts$" },
    },
    {
      name: "the-sandbox-knows-only-the-kernel",
      comment: "The sandbox pretends to be somebody else's API: it must not share code with what it tests.",
      severity: "error",
      from: { path: "^src/sandbox/" },
      to: { path: "^src/", pathNot: "^src/(sandbox|kernel)/" },
    },
    {
      name: "only-the-sandbox-user-knows-it",
      comment: "Product code must not lean on the pretended API.",
      severity: "error",
      from: { path: "^src/(?!sandbox/|sandbox-beside\\.ts|surfaces/cli/)" },
      to: { path: "^src/sandbox/" },
    },
    {
      name: "no-orphans",
      comment: "A file that nobody imports is dead.",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: "^src/(main|index)\\.ts$" },
      to: {},
    },
    {
      name: "no-dev-dependencies",
      comment: "What src/ imports must be installed with the package.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // TypeScript 7 has no API for it to read by; swc has.
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
