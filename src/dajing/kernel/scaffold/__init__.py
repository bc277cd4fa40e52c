"""``dajing new``: folders and tables made with their tests; what a person must write is marked for the check."""
