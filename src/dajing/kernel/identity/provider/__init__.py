"""Signing in through the city's own provider (OpenID Connect): it says who somebody is, never what they may do."""
