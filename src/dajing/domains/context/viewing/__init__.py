"""What people see of the live city: read-only, from live.db, through ``context/api.py``."""
