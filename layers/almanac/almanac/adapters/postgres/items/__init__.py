"""Tasks, habits and meetings in Postgres, as people set them up."""
