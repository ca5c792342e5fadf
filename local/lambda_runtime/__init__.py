"""Lambda's side of a function on this machine: a worker on a queue, and containers through `sam local invoke`."""
