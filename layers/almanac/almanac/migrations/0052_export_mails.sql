-- Weekly reports by mail, and a digest's time of day read in one place.

-- To whom a report was mailed: it is one file and has several readers. A digest has one, whose mail stands in `exports`.
CREATE TABLE export_mails (
    export_id uuid NOT NULL REFERENCES exports ON DELETE CASCADE,
    user_id   text NOT NULL CHECK (char_length(user_id) BETWEEN 1 AND 255),
    mail      text NOT NULL CHECK (mail IN ('begun', 'sent', 'unknown')), -- as in exports
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (export_id, user_id)
);

-- When a member wants their digest, HH:MM; null: they say no time of day, so it is the usual one.
CREATE FUNCTION almanac_digest_at(settings jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substring(settings ->> 'digest_at' FROM '^(?:[01][0-9]|2[0-3]):[0-5][0-9]$')
$$;
