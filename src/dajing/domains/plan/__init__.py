"""规划指标: every target of the plan, read from records, with its forecast, its gap and its evidence."""
