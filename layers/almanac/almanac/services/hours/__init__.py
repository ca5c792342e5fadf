"""Hours and preferences of a workspace and of its members, as people and products set them."""
