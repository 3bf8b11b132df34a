"""The guide: the files of docs/ as pages of the portal, without sessions, users or the database."""
