"""Working days, and clocks whose due times follow from what happened."""
