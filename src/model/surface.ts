/** The ways by which a caller may come; `mcp`, `lua` and `dashboard` are names that a manifest may give already, and nobody comes by yet. */
export const SURFACES = ["http", "cli", "mcp", "lua", "dashboard"] as const;

export type Surface = (typeof SURFACES)[number];

/** The header by which the command line says what it is: it speaks HTTP too. It hides nothing: what a key may do, its scopes say. */
export const SURFACE_HEADER = "tidewire-surface";
