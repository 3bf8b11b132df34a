"""Home. Each module has one of its sections; `page` puts them together."""
