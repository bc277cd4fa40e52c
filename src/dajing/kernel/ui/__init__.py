"""Base templates, components, colour tokens and the small browser modules that every page uses."""
