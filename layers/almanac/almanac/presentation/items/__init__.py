"""Tasks, habits and meetings as people set them up, and the hours that these name: listings, documents, sentences."""
