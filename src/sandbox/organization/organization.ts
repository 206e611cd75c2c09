import { type Endpoint, json } from "../endpoint.ts";
import type { Models } from "../models.ts";
import type { Setting } from "../setting.ts";
import { ApiKeys } from "./api-keys.ts";
import { claudeCodeReport } from "./claude-code-report.ts";
import { costReport } from "./cost-report.ts";
import { ORGANIZATION_ID, ORGANIZATION_NAME, seededId } from "./identity.ts";
import { Invites } from "./invites.ts";
import { Members } from "./members.ts";
import { OrganizationRateLimits } from "./rate-limits.ts";
import { seedOrganization } from "./seed.ts";
import { usageHistory } from "./usage-history.ts";
import { UsageLedger } from "./usage-ledger.ts";
import { messagesUsageReport } from "./usage-report.ts";
import { Users } from "./users.ts";
import { Workspaces } from "./workspaces.ts";

const FOUNDED_DAYS_AGO = 400;
const DAY_MS = 86_400_000;

/** What an Admin key sees: who works here and where, with which keys and limits, and what it cost. */
export class Organization {
  readonly users: Users;
  readonly invites: Invites;
  readonly keys: ApiKeys;
  readonly workspaces: Workspaces;
  readonly members: Members;
  readonly rateLimits: OrganizationRateLimits;
  readonly usage: UsageLedger;
  readonly usageReport: Endpoint;
  readonly costReport: Endpoint;
  readonly claudeCodeReport: Endpoint;

  /** `seeded`: a small company with a history; otherwise nobody is here, and there is the default workspace only. */
  constructor(setting: Setting, models: Models, seeded: boolean) {
    const startMs = setting.clock.now();
    this.users = new Users(setting);
    this.invites = new Invites(setting, this.users);
    this.keys = new ApiKeys(setting);
    this.workspaces = new Workspaces(setting, this.keys, startMs - FOUNDED_DAYS_AGO * DAY_MS);
    this.members = new Members(setting, this.users, this.workspaces);
    this.rateLimits = new OrganizationRateLimits(setting, models, this.workspaces);
    this.usage = new UsageLedger(setting.clock, seeded ? seededId("apikey", "Sandbox") : null);
    if (seeded) {
      seedOrganization(this, startMs);
      this.usage.addSource(usageHistory(startMs));
    }
    this.usageReport = messagesUsageReport(this.usage, setting);
    this.costReport = costReport(this.usage, models, setting);
    this.claudeCodeReport = claudeCodeReport(this, setting, seeded);
  }

  /** GET /v1/organizations/me */
  readonly read: Endpoint = () => json({ id: ORGANIZATION_ID, type: "organization", name: ORGANIZATION_NAME });
}
