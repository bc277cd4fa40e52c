"""Measures read fact streams as of a time; what they return is a reading that carries its own evidence."""
