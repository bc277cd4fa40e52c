"""督办: a gap becomes an action with an owner, a last day, an expected effect and a verifier, followed to its end."""
