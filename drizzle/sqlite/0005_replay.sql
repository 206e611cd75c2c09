DROP INDEX `deliveries_event`;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `tried_before` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_ended` ON `deliveries` (`subscription_id`,`created_at`,`n`) WHERE "deliveries"."status" NOT IN ('pending', 'delivered');--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_event` ON `deliveries` (`event_id`,`subscription_id`);--> statement-breakpoint
ALTER TABLE `runs` ADD `replay` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `retry_schedule` text;