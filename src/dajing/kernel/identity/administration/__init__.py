"""Pages of the three administrators: each act by its role alone, each recorded."""
