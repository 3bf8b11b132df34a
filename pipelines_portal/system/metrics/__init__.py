"""What the portal's database is asked for when figures are read, and whether its worker lives."""
