"""Numbers as texts write them."""


def number_text(text: str, decimal: str) -> str:
    """A text that writes a number with this decimal sign, as the API takes it; anything else as it is."""
    return text.replace(".", "").replace(",", ".") if decimal == "," and text.replace(",", "").isdigit() else text
