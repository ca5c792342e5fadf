"""Tasks, habits and meetings as people set them up: what is new, what is listed, what is to be changed."""
