"""Django's SQLite backend over ``pysqlite3``, whose SQLite is newer than the system's."""
