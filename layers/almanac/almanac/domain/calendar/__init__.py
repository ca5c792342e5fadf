"""Calendar events as every provider gives them: rows, tombstones, problems."""
