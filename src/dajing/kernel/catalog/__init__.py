"""One door to every fact stream, whatever engine evaluates it."""
