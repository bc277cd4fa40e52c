"""The first set-up of an empty city: the pack confirmed, then three administrators, each step one transaction."""
