"""Keeping an installation alive: backup, restore, upgrade, doctor, offline bundle."""
