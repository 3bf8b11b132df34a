"""The guide: what stands in docs/, as pages of the portal. Knows no session, no person, no database."""
