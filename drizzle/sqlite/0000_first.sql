CREATE TABLE `attempts` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`delivery_id` text NOT NULL,
	`number` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`class` text NOT NULL,
	`status` integer,
	`error` text,
	`response_body` text,
	`trigger` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `attempts_delivery` ON `attempts` (`delivery_id`,`n`);--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`connector` text NOT NULL,
	`name` text NOT NULL,
	`params` text NOT NULL,
	`sealed_credentials` text NOT NULL,
	`credential_fields` text NOT NULL,
	`state` text NOT NULL,
	`account` text,
	`owner` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_name` ON `connections` (`connector`,`name`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`subscription_id` text NOT NULL,
	`owner` text NOT NULL,
	`status` text NOT NULL,
	`reason` text,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_id` ON `deliveries` (`id`);--> statement-breakpoint
CREATE INDEX `deliveries_event` ON `deliveries` (`event_id`);--> statement-breakpoint
CREATE INDEX `deliveries_time` ON `deliveries` (`created_at`,`n`);--> statement-breakpoint
CREATE INDEX `deliveries_subscription` ON `deliveries` (`subscription_id`,`created_at`,`n`);--> statement-breakpoint
CREATE INDEX `deliveries_type` ON `deliveries` (`event_type`,`created_at`,`n`);--> statement-breakpoint
CREATE INDEX `deliveries_owner` ON `deliveries` (`owner`,`created_at`,`n`);--> statement-breakpoint
CREATE INDEX `deliveries_open` ON `deliveries` (`status`,`created_at`,`n`) WHERE "deliveries"."status" <> 'delivered';--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`timestamp` integer NOT NULL,
	`connector` text NOT NULL,
	`connection_id` text NOT NULL,
	`connection` text NOT NULL,
	`resource` text NOT NULL,
	`dedupe_key` text NOT NULL,
	`data` text NOT NULL,
	`previous` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id` ON `events` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `events_dedupe` ON `events` (`dedupe_key`);--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`type`,`seq`);--> statement-breakpoint
CREATE INDEX `events_connection` ON `events` (`connection_id`,`seq`);--> statement-breakpoint
CREATE INDEX `events_timestamp` ON `events` (`timestamp`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`id` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`state` text NOT NULL,
	`boot` text NOT NULL,
	`sealed_answer` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency` (`created_at`);--> statement-breakpoint
CREATE TABLE `items` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`poller_id` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`states` text NOT NULL,
	`absent` integer NOT NULL,
	`status` text NOT NULL,
	`record` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `items_key` ON `items` (`poller_id`,`key`);--> statement-breakpoint
CREATE INDEX `items_known` ON `items` (`poller_id`,`n`) WHERE "items"."status" <> 'removed';--> statement-breakpoint
CREATE INDEX `items_held` ON `items` (`poller_id`,`n`) WHERE "items"."status" = 'held';--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`queue` text NOT NULL,
	`group_key` text NOT NULL,
	`key` text,
	`due_at` integer NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`payload` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `jobs_due` ON `jobs` (`queue`,`group_key`,`due_at`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_key` ON `jobs` (`queue`,`key`) WHERE "jobs"."key" IS NOT NULL;--> statement-breakpoint
CREATE TABLE `keys` (
	`key_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`connections` text,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash` ON `keys` (`hash`);--> statement-breakpoint
CREATE TABLE `pollers` (
	`id` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`connector` text NOT NULL,
	`resource` text NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`version` integer NOT NULL,
	`generation` integer NOT NULL,
	`key_print` text NOT NULL,
	`fingerprint_print` text NOT NULL,
	`items` integer NOT NULL,
	`held` integer NOT NULL,
	`baselined_at` integer,
	`last_started_at` integer,
	`last_success_at` integer,
	`last_complete_at` integer,
	`consecutive_failures` integer NOT NULL,
	`last_error` text,
	`next_run_at` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `pollers_name` ON `pollers` (`connection_id`,`resource`,`name`);--> statement-breakpoint
CREATE INDEX `pollers_due` ON `pollers` (`next_run_at`) WHERE "pollers"."state" <> 'paused';--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `subscriptions` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`connection_id` text,
	`owner_connections` text,
	`format` text NOT NULL,
	`secrets` text NOT NULL,
	`sealed_headers` text,
	`header_names` text NOT NULL,
	`max_in_flight` integer NOT NULL,
	`timeout_ms` integer NOT NULL,
	`status` text NOT NULL,
	`reason` text,
	`hold_until` integer,
	`failing_since` integer,
	`consecutive_failures` integer NOT NULL,
	`warned` integer NOT NULL,
	`description` text,
	`tags` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `subscriptions_owner` ON `subscriptions` (`owner`,`id`);--> statement-breakpoint
CREATE INDEX `subscriptions_url` ON `subscriptions` (`url`,`id`);--> statement-breakpoint
CREATE TABLE `sweeps` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`poller_id` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`complete` integer NOT NULL,
	`pages` integer NOT NULL,
	`items` integer NOT NULL,
	`added` integer NOT NULL,
	`changed` integer NOT NULL,
	`removed` integer NOT NULL,
	`held` integer NOT NULL,
	`events` integer NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `sweeps_poller` ON `sweeps` (`poller_id`,`n`);--> statement-breakpoint
CREATE INDEX `sweeps_started` ON `sweeps` (`started_at`);