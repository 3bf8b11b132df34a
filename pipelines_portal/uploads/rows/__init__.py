"""Rows that go along with an archive: read from a file, matched to the fields, checked against the archive."""
