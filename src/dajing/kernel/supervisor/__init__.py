"""What stands behind ``dajing up``: one data directory, its lock, its migrations, its processes."""
