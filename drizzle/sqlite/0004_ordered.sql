ALTER TABLE `deliveries` ADD `lane` text;--> statement-breakpoint
CREATE INDEX `deliveries_lane` ON `deliveries` (`subscription_id`,`lane`,`n`) WHERE "deliveries"."lane" IS NOT NULL AND "deliveries"."status" = 'pending';--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `rate_limit` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `ordered` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `ordering_key` text;