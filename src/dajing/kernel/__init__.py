"""The kernel: mechanisms that every domain uses and that know no word of the city."""
