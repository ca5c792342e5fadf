"""`make deploy-local`: template.yaml on a local AWS."""
