"""How several problems become one message."""

from collections.abc import Sequence

NAMED = 20


def listed(problems: Sequence[str]) -> str:
    """The first twenty, joined; then how many more there are."""
    named = list(problems[:NAMED])
    if len(problems) > NAMED:
        named.append(f"… and {len(problems) - NAMED} more")
    return "; ".join(named)
