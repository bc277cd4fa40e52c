"""城市感知: whatever the city senses, current within a second, in one standard form (NGSI-LD), kept and never lost."""
