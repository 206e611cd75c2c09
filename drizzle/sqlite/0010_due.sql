ALTER TABLE `deliveries` ADD `fence` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `manual_try` integer;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `first_try` text;--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`subscription_id`,`next_attempt_at`,`n`,`fence`) WHERE "deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
UPDATE `deliveries` SET
	`next_attempt_at` = coalesce((SELECT `due_at` FROM `jobs` WHERE `queue` = 'deliver' AND `key` = `deliveries`.`id`), `next_attempt_at`),
	`manual_try` = (SELECT json_extract(`payload`, '$.manual') FROM `jobs` WHERE `queue` = 'deliver' AND `key` = `deliveries`.`id`)
WHERE `status` <> 'delivered' AND `status` = 'pending';
--> statement-breakpoint
DELETE FROM `jobs` WHERE `queue` = 'deliver';
