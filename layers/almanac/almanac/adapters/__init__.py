"""Translators: Postgres, Google, SQS, Secrets Manager behind the ports of the services."""
