CREATE TABLE `pages` (
	`poller_id` text NOT NULL,
	`cursor` text NOT NULL,
	`digest` text NOT NULL,
	`next` text,
	`records` integer NOT NULL,
	`items` text NOT NULL,
	`due_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `pages_cursor` ON `pages` (`poller_id`,`cursor`);--> statement-breakpoint
ALTER TABLE `events` ADD `changed` text;--> statement-breakpoint
ALTER TABLE `pollers` ADD `pages_print` text;