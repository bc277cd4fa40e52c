"""Passkeys, one-time codes and recovery codes: added by the person, lost ones taken away by two administrators."""
