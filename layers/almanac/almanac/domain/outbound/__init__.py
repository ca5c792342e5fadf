"""Writing out what exists here: which write a link is due for, and what is made of what the provider has meanwhile."""
