"""Radio propagation as a library of its own: numpy and numba, no web, no kernel.

``p1812`` is Recommendation ITU-R P.1812-8 in float64, equation by equation, for one path; ``area`` and ``gridded`` are
its median over thousands of radials. Nothing here reads a clock or a setting.
"""

from dajing.domains.network.propagation.compiled import keep_by_content

keep_by_content()
