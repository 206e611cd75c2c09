ALTER TABLE `pollers` ADD `cadence` text DEFAULT 'regular' NOT NULL;--> statement-breakpoint
UPDATE `pollers` SET `cadence` = 'backing_off' WHERE `consecutive_failures` > 0;