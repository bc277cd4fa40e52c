"""Server-sent events: what pages show changes without a reload, with resume after a broken connection."""
