"""Fact streams: appended with the act that they record, kept as history for ever, never changed."""
