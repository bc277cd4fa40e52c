"""The desk of the informatization bureau's officer, and the start page of every visitor: it places panels, no rules."""
