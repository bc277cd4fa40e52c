"""From the city's sources to NGSI-LD entities."""
