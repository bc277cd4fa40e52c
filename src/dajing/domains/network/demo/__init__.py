"""A synthetic network on the real census: the same on every machine, loaded by the same door as real files."""
