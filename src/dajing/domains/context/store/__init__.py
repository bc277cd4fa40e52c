"""The store of the live city, live.db: one writer thread with group commit, readers beside it, indexes kept exact."""
