"""Adapters behind kernel ports, chosen by URL in the settings; nothing imports them."""
