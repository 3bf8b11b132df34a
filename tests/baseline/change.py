"""A change that makes the product worse, as it may come by accident: what the tests should catch."""

from dataclasses import dataclass

# The lines of a file, as they are without the change.
Lines = frozenset[int]


@dataclass(frozen=True)
class Change:
    # Tells the change from all others, also after other lines of its file have moved.
    name: str
    # What the files that it changes contain with it.
    texts: dict[str, str]
    # The lines that it changes in each: tests that run none of them can't notice it.
    lines: dict[str, Lines]

    @property
    def kind(self) -> str:
        return self.name.partition(" ")[0]
