"""Reading an archive by its tail, and foretelling by the API's rules which tasks it makes. No Django in here."""
