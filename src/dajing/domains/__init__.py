"""One folder per chapter of the plan; each is entered only through its ``api`` module."""
