"""Synthetic reports of the plan: a seeded simulator that reports through the same uploads as departments do."""
