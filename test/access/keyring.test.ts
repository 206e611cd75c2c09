import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadKeyring } from "../../src/access/keyring.ts";
import { readConfig } from "../../src/config.ts";

describe("loadKeyring", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keyring-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes both keys at the first start, for the owner's eyes only, and finds them at the next", () => {
    const path = join(folder, "deep", "tidewire.db");
    const first = loadKeyring(readConfig({}), path);
    expect(first).toMatchObject({ rootKeyIsNew: true, rootKeyFile: `${path}.root-key` });
    expect(first.rootKey).toMatch(/^tw_[a-z0-9]{40}$/);
    for (const file of [`${path}.root-key`, `${path}.vault-key`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadKeyring(readConfig({}), path)).toEqual({ ...first, rootKeyIsNew: false });
  });

  it("writes nothing when both are settings", () => {
    const path = join(folder, "tidewire.db");
    const env = {
      TIDEWIRE_ROOT_KEY: `tw_${"r".repeat(32)}`,
      TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 1).toString("base64"),
    };
    expect(loadKeyring(readConfig(env), path)).toMatchObject({ rootKey: env.TIDEWIRE_ROOT_KEY, rootKeyFile: null });
    expect(existsSync(`${path}.vault-key`)).toBe(false);
  });

  it("does not make a new vault key for a database that had one", () => {
    const path = join(folder, "tidewire.db");
    writeFileSync(path, "");
    expect(() => loadKeyring(readConfig({}), path)).toThrowError(expect.objectContaining({ code: "vault_key_wrong" }));
  });

  it("takes the keys that an older version put beside the link: it made others, or found none", () => {
    const [path, link] = [join(folder, "real.db"), join(folder, "link.db")];
    const first = loadKeyring(readConfig({}), link);
    writeFileSync(path, "");
    const next = loadKeyring(readConfig({}), path, link);
    expect(next).toEqual({ ...first, rootKeyIsNew: false });
    expect(existsSync(`${path}.root-key`)).toBe(false);
    writeFileSync(`${path}.root-key`, "its own");
    expect(loadKeyring(readConfig({}), path, link)).toMatchObject({ rootKey: "its own", vaultKey: first.vaultKey });
  });

  it("says which file cannot be written", () => {
    writeFileSync(join(folder, "file"), "");
    const path = join(folder, "file", "tidewire.db");
    expect(() => loadKeyring(readConfig({}), path)).toThrowError(/tidewire\.db\.vault-key cannot be read or written/);
  });

  it("asks for a file where a folder is named", () => {
    expect(() => loadKeyring(readConfig({}), folder)).toThrowError(
      expect.objectContaining({ code: "database_unwritable", message: expect.stringContaining(`file:${folder}/`) }),
    );
  });
});
