"""Consents: /v1/connect for the product's server, /connect/… for the browser of an account's owner."""
