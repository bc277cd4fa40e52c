"""``dajing check``: everything that must hold of packs, translations, documents and contracts, all faults at once."""
