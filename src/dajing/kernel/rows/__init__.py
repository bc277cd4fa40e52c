"""The row store: cases, registers, jobs and the ledger's intake, on SQLite or PostgreSQL by URL."""
