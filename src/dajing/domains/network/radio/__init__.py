"""What an operator's network does with the losses that ``propagation`` states: antennas, levels, interference, speed.

A library like ``propagation``: numpy, numba and rasterio, no web, no kernel, no clock. Losses are kept per position and
band (``store``, ``work``); antennas, tilt and power are applied afterwards (``serving``), so that turning an antenna
recomputes no path.
"""
