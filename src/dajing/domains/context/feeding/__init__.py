"""Demo feeds: connectors whose entities are sent to the broker through its HTTP door with a token of their own."""
