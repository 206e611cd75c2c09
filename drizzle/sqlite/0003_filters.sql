ALTER TABLE `subscriptions` ADD `filter` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `template` text;--> statement-breakpoint
ALTER TABLE `subscriptions` ADD `expires_at` integer;