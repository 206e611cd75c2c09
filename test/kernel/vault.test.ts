import { describe, expect, it } from "vitest";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";

describe("vault", () => {
  it("opens what it sealed, for the same row only", () => {
    const vault = createVault([newVaultKey()]);
    const sealed = vault.seal("sk-ant-1", "con_1");
    expect(vault.open(sealed, "con_1")).toBe("sk-ant-1");
    expect(() => vault.open(sealed, "con_2")).toThrowError(expect.objectContaining({ code: "vault_key_wrong" }));
  });

  it("seals the same text differently each time, and shows none of it", () => {
    const vault = createVault([newVaultKey()]);
    const first = vault.seal("plain text", "x");
    expect(vault.seal("plain text", "x")).not.toBe(first);
    expect(Buffer.from(first.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain("plain");
  });

  it("refuses a changed seal, another key and garbage", () => {
    const vault = createVault([newVaultKey()]);
    const sealed = vault.seal("text", "x");
    const flipped = sealed.slice(0, -2) + (sealed.endsWith("A") ? "BB" : "AA");
    for (const bad of [flipped, "", "v1", "v1.x.y", sealed.replace("v1", "v2")]) {
      expect(() => vault.open(bad, "x")).toThrowError(expect.objectContaining({ code: "vault_key_wrong" }));
    }
    expect(() => createVault([newVaultKey()]).open(sealed, "x")).toThrowError(/TIDEWIRE_VAULT_KEY/);
  });

  it("opens with every key of the ring and seals with the first", () => {
    const [old, fresh] = [newVaultKey(), newVaultKey()];
    const sealed = createVault([old]).seal("text", "x");
    const ring = createVault([fresh, old]);
    expect(ring.open(sealed, "x")).toBe("text");
    expect(createVault([fresh]).open(ring.seal("new", "x"), "x")).toBe("new");
  });

  it("refuses a key that is not 32 bytes", () => {
    expect(() => createVault(["c2hvcnQ="])).toThrowError(/32 bytes/);
  });
});
