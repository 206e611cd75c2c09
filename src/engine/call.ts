import type { Cancellation } from "../kernel/canceller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Json } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import type { Secret } from "../kernel/secret.ts";
import type { Auth, Connector, Operation, Resource } from "../manifest/connector.ts";
import type { Account } from "../model/connection.ts";
import type { Http, HttpResponse } from "../net/port.ts";
import type { ListPart, PageCut } from "./page-cut.ts";

/** The outside world that a call needs. */
export interface EngineDeps {
  http: Http;
  clock: Clock;
  random: Random;
  log: Log;
  tokenFor: TokenFor;
  /** Equal for equal bytes, today and after a restart. */
  digest: (bytes: Uint8Array) => string;
  /** Told the head of each answer, as it comes: what it says of the provider's limits counts for the account. */
  onAnswer?: (call: Asked, answer: Pick<HttpResponse, "status" | "headers">) => void;
}

/** Whose call was answered. */
export type Asked = Pick<OperationCall, "connector"> & {
  account: Pick<Account, "connectionId">;
  operation: Pick<Operation, "auth">;
};

/**
 * The token to send for a credential that is not sent itself (`auth.grant`). `refused` is one that the provider has just
 * answered 401 to: then another one. Throws `credential_missing` when a person must agree first, and `needs_reauth` when
 * the provider gives none any more.
 */
export type TokenFor = (
  call: Pick<OperationCall, "connector" | "account">,
  auth: Auth,
  refused: Secret | null,
) => Promise<Secret>;

/** One operation to run upstream, with input that was already checked (`manifest/inputs`). */
export interface OperationCall {
  connector: Connector;
  resource: Resource;
  operation: Operation;
  input: Record<string, unknown>;
  account: Account;
  /** The manifest's fields, or the provider's own record. */
  fields: "selected" | "raw";
  /** The caller's: its abort reaches the upstream. */
  signal: Cancellation;
}

/** One page of a listing as it came. Places are texts (`paging.ts`): the number of a style and the provider's token. */
export interface ListPage {
  /** Where it begins; null for the first. */
  place: string | null;
  /** Where the page after it begins; null at the end of the list, undefined when that cannot be known. */
  next: string | null | undefined;
  /** Equal to that of another time when the page is as it was then. */
  digest: string;
  /**
   * The provider's own, less those that are as they are remembered (`cut` tells where they stand); null when the whole page is
   * as it is remembered.
   */
  records: Json[] | null;
  /** The pieces of its list, to be remembered; null when it could not be cut. */
  cut: (Omit<PageCut, "blocks"> & { parts: ListPart[] }) | null;
}

/** A page of an earlier listing. */
export interface RememberedPage {
  digest: string;
  next: string | null;
  records: number;
  /** Its pieces, as far as they may be taken as they are remembered. */
  cut(): Promise<PageCut | null>;
}

/** How a listing ended. Only a complete one proves that something is absent. */
export interface ListEnd {
  complete: boolean;
  /** Why it is incomplete: `repeated_token`, `repeated_page`, `page_cap`, `item_cap`, `unpaged`. */
  reason: string | null;
  pages: number;
}

/** What templates are filled with: the connection's settings and, above them, the input that the operation declares. */
export type Values = Record<string, unknown>;
