"""Writing out: what a run brings to providers, and what people do about it."""
