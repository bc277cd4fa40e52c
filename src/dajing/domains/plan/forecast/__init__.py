"""Will the target be met: damped-trend exponential smoothing with an interval, a probability and a back-test."""
