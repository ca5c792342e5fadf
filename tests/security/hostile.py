"""Texts that are meant to be read as something else than text, or to be read by nobody."""

INJECTIONS = (
    "'; DROP TABLE workspaces; --",
    '"; DROP TABLE workspaces; --',
    "\\'; DROP TABLE workspaces; --",
    "$$; DROP TABLE workspaces; $$",
    "') ON CONFLICT DO NOTHING; DELETE FROM tasks; --",
    "1 OR 1=1",
    "$1",
    ":ws_id",
    "::text",
    "%s %(x)s {0} {ws_id}",
    "NULL",
    '{"a","b"}',
    '","),("',
    "\\",
    "\\N",
    "E'\\x41'",
    "/* */ --",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
)
"""Printable on every terminal, without line breaks."""

UNICODE = (
    "\u202eevil\u202c",  # right to left
    "\u200b\u200d\ufeff",  # nothing to see
    "Z" + "\u0301" * 500,  # a tower of accents
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 20,
    "\U0010ffff\U0001d54f",
    "\ufdd0\uffff",
    "\x01\x07\x1b[2J\x7f\x85",
    "a\r\nb\u2028c",
    "İıſK",
)
"""Postgres stores each of them as it is."""

UNSTORABLE = ("nul\0byte", "\0", "half \ud83d a pair", "\udc00")
"""Postgres stores none of them as it is."""
