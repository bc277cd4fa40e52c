"""FEEL and DMN as a library on its own."""
