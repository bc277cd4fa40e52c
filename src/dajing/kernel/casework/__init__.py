"""One engine for everything that is owned, has a clock, evidence and an end: cases, orders, incidents, plan actions.

The event log is the authority. The case row, the queue and the clocks are projections, written in the same
transaction and rebuilt byte for byte from the log by ``dajing casework rebuild``.
"""
