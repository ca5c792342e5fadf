-- What a consent that is under way asks for beside reading.
ALTER TABLE oauth_states ADD COLUMN writing text CHECK (writing IN ('new_calendar', 'own_calendars', 'all_calendars'));
