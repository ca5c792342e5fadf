"""Calendar providers: each translates its own API into neutral pages and errors, and none imports another."""
