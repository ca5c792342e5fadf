-- The last test of each endpoint: asked for by whoever may not call strangers, carried out by the function that delivers.

CREATE TABLE webhook_tests (
    endpoint_id   uuid PRIMARY KEY REFERENCES webhook_endpoints ON DELETE CASCADE,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    claimed_at    timestamptz, -- somebody is sending it
    at            timestamptz, -- it was answered, or was not in time
    status_code   integer, -- null: no answer
    ms            integer,
    error_type    text,
    response_head text CHECK (char_length(response_head) <= 256)
);
