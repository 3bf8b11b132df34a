"""Signing in through an OpenID Connect issuer."""
