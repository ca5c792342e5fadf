"""Who reads history, and who says that there is more of it."""
