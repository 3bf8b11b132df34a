"""Finding what was sent, by words, person, day and state. Payloads stay encrypted: see words and tokens."""
