-- Why a block is where it is, as data beside the sentence in scheduling_reason: code, items, minutes, instants, category.
-- Null in rows of before, of blocks that have not moved since, and of blocks that Almanac did not place.
ALTER TABLE task_calendar_events ADD COLUMN scheduling_explanation jsonb;
ALTER TABLE habit_calendar_events ADD COLUMN scheduling_explanation jsonb;
