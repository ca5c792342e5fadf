"""A sample of somebody who follows changes, by the bus or by webhooks. A stranger: it imports nothing of Almanac."""
