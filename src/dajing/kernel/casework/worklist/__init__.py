"""The work list: what waits for a person, a post or a department, with acts on many at once."""
