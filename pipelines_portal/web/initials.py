def initials(person: str) -> str:
    """Return one or two letters for a name or an email address: "Ben Okafor" → "BO"."""
    words = person.partition("@")[0].replace(".", " ").split() or ["?"]
    return "".join(word[0] for word in (words if len(words) == 1 else (words[0], words[-1]))).upper()
