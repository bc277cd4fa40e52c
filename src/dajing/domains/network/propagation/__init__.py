"""Radio propagation as a library of its own: numpy and numba, no web, no kernel.

``p1812`` is Recommendation ITU-R P.1812-8 in float64, equation by equation, for one path. Nothing here reads a clock, a
file or a setting.
"""
