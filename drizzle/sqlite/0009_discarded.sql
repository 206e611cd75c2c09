CREATE TABLE `discarded` (
	`name` text PRIMARY KEY NOT NULL,
	`poller_id` text
);
--> statement-breakpoint
CREATE TABLE `item_sets` (
	`poller_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL
);
