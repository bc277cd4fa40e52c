"""Pages that compose domains for one kind of user; no rules live here."""
