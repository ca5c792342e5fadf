-- When the next channel may be asked for, of a provider: what it takes of them is its project's, in however many workspaces.
CREATE TABLE starting_channels (
    provider      text PRIMARY KEY CHECK (almanac_is_provider(provider)),
    next_start_at timestamptz NOT NULL -- of the one after the next few, which may go at once
);
