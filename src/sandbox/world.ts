import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import { Batches } from "./batches.ts";
import type { Faults } from "./faults.ts";
import type { FileRecord, NewFile } from "./file-shapes.ts";
import { Files } from "./files.ts";
import { identifiers, type SandboxIdPrefix } from "./identifiers.ts";
import type { ModelRecord } from "./model-catalogue.ts";
import { Models, type NewModel } from "./models.ts";
import type { ApiKeyRecord, NewApiKey } from "./organization/api-keys.ts";
import { Organization } from "./organization/organization.ts";
import type { NewUser, UserRecord } from "./organization/users.ts";
import type { NewWorkspace, WorkspaceRecord } from "./organization/workspaces.ts";
import { RateLimits } from "./rate-limits.ts";
import type { Setting } from "./setting.ts";
import type { SkillRecord } from "./skill-shapes.ts";
import { Skills } from "./skills.ts";
import { type Post, type SentWebhook, Webhooks, type WebhookWish } from "./webhooks.ts";
import { WorldClock } from "./world-clock.ts";

export interface WorldOptions {
  clock: Clock;
  random: Random;
  faults: Faults;
  batchMs: number;
  pageSize: number;
  seedData: boolean;
  requestsPerMinute?: number;
  post?: Post | undefined;
}

/** Everything the pretended account holds, and what can happen to it without a call. */
export class World implements Setting {
  readonly clock: WorldClock;
  readonly realClock: Clock;
  readonly faults: Faults;
  readonly pageSize: number;
  readonly newId: (prefix: SandboxIdPrefix) => string;
  readonly models: Models;
  readonly files: Files;
  readonly skills: Skills;
  readonly batches: Batches;
  readonly organization: Organization;
  readonly limits: RateLimits;
  readonly #webhooks: Webhooks;

  constructor({ clock, random, faults, batchMs, pageSize, seedData, requestsPerMinute, post }: WorldOptions) {
    this.clock = new WorldClock(clock);
    this.realClock = clock;
    this.faults = faults;
    this.pageSize = pageSize;
    this.newId = identifiers(random);
    this.models = new Models(this.clock, seedData);
    this.files = new Files(this);
    this.skills = new Skills(this, seedData);
    this.organization = new Organization(this, this.models, seedData);
    this.batches = new Batches(this, this, batchMs, this.organization.usage);
    this.limits = new RateLimits(this.clock, requestsPerMinute);
    this.#webhooks = new Webhooks(this, post);
  }

  /** A model is launched, or the account is let in on one. */
  addModel(model: NewModel): ModelRecord {
    return this.models.add(model);
  }

  /** Out of the default list as of now, still there to be read. False when there is none. */
  retireModel(id: string): boolean {
    return this.models.retire(id);
  }

  /** Access is withdrawn. False when there is none. */
  removeModel(id: string): boolean {
    return this.models.remove(id);
  }

  /** A file appears without an upload; it can be downloaded unless told otherwise. */
  addFile(file: NewFile): FileRecord {
    return this.files.add(file);
  }

  deleteFile(id: string): boolean {
    return this.files.delete(id);
  }

  /** `files` is a package such as `my-skill/SKILL.md`. Throws 400 for one that breaks the rules. */
  addSkill(files: { path: string; bytes: Uint8Array }[], displayName: string | null = null): SkillRecord {
    return this.skills.add(files, displayName);
  }

  deleteSkill(id: string): boolean {
    return this.skills.delete(id);
  }

  /** Somebody joins the organization without an invite. Throws 400 for an address that a member has. */
  addUser(user: NewUser): UserRecord {
    return this.organization.users.add(user);
  }

  /** Somebody leaves, an admin too. False when there is nobody of that id. */
  removeUser(id: string): boolean {
    return this.organization.users.delete(id);
  }

  addWorkspace(workspace: NewWorkspace): WorkspaceRecord {
    return this.organization.workspaces.add(workspace);
  }

  /** A key is made in the Console: the API has no call for it. Throws 404 or 400 for a workspace that is not there or archived. */
  addApiKey(key: NewApiKey): ApiKeyRecord {
    if (key.workspaceId !== undefined) this.organization.workspaces.open(key.workspaceId);
    return this.organization.keys.add(key);
  }

  /** The invited person joins. Throws 404, or 400 unless the invite is pending. */
  acceptInvite(id: string): UserRecord {
    return this.organization.invites.accept(id);
  }

  /** Something happened that the API itself tells, to an endpoint of that URL and secret. Throws 400 for what cannot be sent. */
  sendWebhook(wish: WebhookWish): Promise<SentWebhook> {
    return this.#webhooks.send(wish);
  }

  /** The batch stays `in_progress` until it is released or expires, 24 hours after it was made. Throws 404 or 400. */
  holdBatch(id: string): void {
    this.batches.hold(id);
  }

  /** Throws 404 or 400. */
  releaseBatch(id: string): void {
    this.batches.release(id);
  }
}
