"""The line above the rows that says how their columns were matched."""

from pipelines_portal.api_client import Schema
from pipelines_portal.matching.columns import NO_HEADER, Matching
from pipelines_portal.matching.proposals import fields_left, unmatched_columns
from pipelines_portal.workflows.fields.types import type_of

# Columns that the line names.
MOST_NAMED = 5


class MatchLine:
    """What the line above the rows says: how the columns were matched, and the words that were learned."""

    def __init__(self, matching: Matching, schema: Schema) -> None:
        fields = {known.name: known for known in schema.fields}
        self.matched = len(matching.imported)
        self.total = self.matched + len(matching.left_out)
        self.left_out = [column.header for column in matching.left_out[:MOST_NAMED]]
        self.more_left_out = len(matching.left_out) - len(self.left_out)
        # Columns that nobody decided about, by their places, and the fields that they may be.
        self.fields_left = fields_left(schema, matching)
        unmatched = unmatched_columns(matching) if self.fields_left else []
        self.unmatched = [(place, matching.columns[place].header) for place in unmatched[:MOST_NAMED]]
        self.has_no_header = matching.header_line == NO_HEADER
        learned = [(name, word, choice) for name, words in matching.words.items() for word, choice in words.items()]
        self.learned = [
            (name, word, type_of(fields[name]).label_of(choice) if name in fields else choice)
            for name, word, choice in learned
        ]
