import type { Config } from "../../config.ts";
import type { Http } from "../../net/port.ts";
import type { Client } from "./client.ts";

/** A server that this process runs. */
export interface RunningServer {
  url: string;
  rootKey: string;
  /** Null when the root key is a setting. */
  rootKeyFile: string | null;
  rootKeyIsNew: boolean;
  /** The sandbox beside it, when there is one. */
  sandboxUrl: string | null;
  connectors: { handle: string; operations: number; events: number }[];
  stop(): Promise<void>;
}

/** What the command line needs of the composition root, which it must not know. */
export interface Product {
  /** Starts the server with the process's settings, some of them replaced. */
  serve(overrides: Record<string, string>): Promise<RunningServer>;
  /** The manifests in force: those of the settings, else the shipped one. */
  connectorPaths(config: Config): readonly string[];
  /** The product in this process, without listening: for commands while no server holds the database. */
  openLocal(): Promise<Client>;
  /** A server elsewhere. */
  connect(url: string, key: string): Client;
  /** The way to a program of the person at the command line: its host may be reached, whatever it is. */
  reach(url: string): { http: Http; close(): Promise<void> };
  /** Where the server that holds this database listens, and its root key; null when none runs. */
  findServer(config: Config): { url: string; key: string | null } | null;
  /** Copies the database, whether a server holds it or not. Throws `not_found`, `conflict` and `database_*`. */
  backup(config: Config, wanted: BackupWish): Promise<Backup>;
}

export interface BackupWish {
  file: string;
  /** Replaces what is there. */
  force: boolean;
  /** Copies the key files too. */
  withKeys: boolean;
  /** Told now and then, in parts of the whole. */
  onProgress: (done: number, total: number) => void;
}

/** What was made. */
export interface Backup {
  file: string;
  bytes: number;
  /** The key files beside the database, each with its copy; null when it was not copied. */
  keys: { file: string; copy: string | null }[];
}
