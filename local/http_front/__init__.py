"""HTTP on one machine: 127.0.0.1 in front of the real handlers, as API Gateway stands in front of them."""
