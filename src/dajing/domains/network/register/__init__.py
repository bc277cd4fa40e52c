"""What stands in the field: sites, sectors, hotspots, transmitters, fibre, venues; append-only, as of any day."""
