"""Changes and their events in one transaction; consumers take effect exactly once and delay nobody."""
