-- How often in a row an account was asked to slow down, without a write that went through: each time it waits longer.
ALTER TABLE calendar_connections ADD COLUMN outbound_slowed integer NOT NULL DEFAULT 0;
