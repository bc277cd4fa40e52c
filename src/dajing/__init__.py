"""Dajing 大境: an open city information and data operations centre."""

__version__ = "0.1.0"
