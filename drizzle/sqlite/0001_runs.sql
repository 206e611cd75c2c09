CREATE TABLE `runs` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`owner` text NOT NULL,
	`scope` text NOT NULL,
	`connector` text NOT NULL,
	`operation` text NOT NULL,
	`connection_id` text NOT NULL,
	`connection` text NOT NULL,
	`fields` text NOT NULL,
	`state` text NOT NULL,
	`phase` text NOT NULL,
	`under_way` text,
	`cancel` text,
	`record_key` text,
	`progress` text,
	`error` text,
	`failures` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`answered_at` integer,
	`updated_at` integer NOT NULL,
	`finished_at` integer,
	`sealed_request` text,
	`sealed_answer` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_id` ON `runs` (`id`);--> statement-breakpoint
CREATE INDEX `runs_owner` ON `runs` (`owner`,`n`);--> statement-breakpoint
CREATE INDEX `runs_finished` ON `runs` (`finished_at`) WHERE "runs"."finished_at" IS NOT NULL;