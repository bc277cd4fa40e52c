"""A city as data: TOML and CSV files read into structures, with every problem named by file, line and cure."""
