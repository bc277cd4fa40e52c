"""The network planner's desk: it places panels and sets predictions beside reports, no rules."""
