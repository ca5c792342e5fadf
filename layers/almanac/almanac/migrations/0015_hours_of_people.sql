-- Statements that upsert hours by (ws_id, type) are the products': they go on working beside rows of people. A person's
-- row of `work` is stored as `work@ada`, so that a reader that knows no people does not take it for everybody's.
CREATE FUNCTION almanac_name_hours_of_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.user_id IS NOT NULL AND right(NEW.type, char_length(NEW.user_id) + 1) <> '@' || NEW.user_id THEN
        NEW.type := NEW.type || '@' || NEW.user_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workspace_calendar_hour_settings_of_person
    BEFORE INSERT OR UPDATE OF type, user_id ON workspace_calendar_hour_settings
    FOR EACH ROW EXECUTE FUNCTION almanac_name_hours_of_person();
UPDATE workspace_calendar_hour_settings SET type = type WHERE user_id IS NOT NULL;
ALTER TABLE workspace_calendar_hour_settings ADD PRIMARY KEY (ws_id, type);
