"""Push: channels that are watched and stopped, and the messages they deliver over HTTP."""
