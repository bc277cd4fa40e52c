"""Ways in and out: registers as tables or GeoJSON, fibre by the Open Fibre Data Standard."""
