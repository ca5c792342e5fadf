"""Translators: Postgres, SQS, Secrets Manager behind the ports of the services."""
