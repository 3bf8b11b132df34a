"""What the check says of a row: its values, its errors, and the questions that a person has to answer."""

from dataclasses import dataclass, field

from pipelines_portal.workflows.fields.field_values import FieldValues

# Kinds of a problem that others look for. The others are only names of their own.
MISSING, OPTION, NOT_THERE, REJECTED, UNKNOWN = "missing", "option", "not there", "rejected", "unknown"
TWO_TIMES = "twice"
# Of a problem that a rule of the team states, before the number of the rule.
BROKEN = "rule "
# The same of a rule that only warns.
WARNING = "warning "
# Of a value that is used once and that a task has, whose corrected copy may have it. Before the number of the rule.
USED_BY_TASK = "used "
# A text with two meanings. In a file, saying how its numbers or dates are written answers it for all rows.
TWO_NUMBERS, TWO_DAYS, NO_ZONE, SERIAL = "two numbers", "two days", "no zone", "serial"
OF_FILE = frozenset({TWO_NUMBERS, TWO_DAYS, NO_ZONE, SERIAL})
# Of the text of an answer: a longer one could not be put in its place as a whole.
LONGEST_ANSWER = 200


@dataclass(frozen=True)
class Answer:
    """One of the meanings of a text, in words, and a text that has this meaning alone."""

    words: str
    text: str


@dataclass(frozen=True)
class Problem:
    """An error of a value, or a question about it. `short` fits into a cell; `sentence` says what to do.

    `field` is empty if the row itself is wrong. `value` is the text of the cell. A problem with answers is a question.
    `rule` is the team's rule that says so; 0 if Pipelines would not take the value.
    """

    field: str
    kind: str
    short: str
    sentence: str
    value: str = ""
    answers: tuple[Answer, ...] = ()
    rule: int = 0
    # Of a warning: what a person accepts. It is another one as soon as the value or the rule changes.
    mark: str = ""
    needs_reason: bool = False
    # The part of the sentence that is the same for all such values, if the sentence is another one for each of them.
    common: str = ""
    # The task that has the value already, if people may know it.
    task: int = 0

    @property
    def is_warning(self) -> bool:
        """Whether the row can be sent once a person has accepted it."""
        return self.kind.startswith(WARNING)

    @property
    def is_used_by_task(self) -> bool:
        """Whether the row can become a corrected copy of the task that has its value."""
        return self.kind.startswith(USED_BY_TASK)

    @property
    def is_missing(self) -> bool:
        """Whether the cell is empty and may not be."""
        return self.kind == MISSING


@dataclass
class Verdict:
    """The values of a row, as they are sent, and its problems in the order of the fields."""

    values: FieldValues = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # The warnings that a person has accepted.
    accepted: list[Problem] = field(default_factory=list)

    @property
    def questions(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.answers]


class Wrong(Exception):
    """A text or a value that its field does not take."""

    def __init__(self, kind: str, short: str, sentence: str, answers: tuple[Answer, ...] = ()) -> None:
        super().__init__(sentence)
        self.kind, self.short, self.sentence, self.answers = kind, short, sentence, answers

    def about(self, name: str, value: str) -> Problem:
        return Problem(name, self.kind, self.short, self.sentence, value, self.answers)
