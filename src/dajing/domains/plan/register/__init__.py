"""Key projects, policy measures and confirmed definitions: what the article leaves open, an officer fills."""
