"""What whoever comes from outside may see: operators, callers of the API, owners of accounts."""
