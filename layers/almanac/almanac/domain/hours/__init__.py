"""When work of a category may happen, and what a plan should keep to."""
