"""Readings of the plan: every target's value by area and period as of a time, its status, and why."""
