"""The order of answers, and what an answer says about the person who gives it."""

from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.reading.numbers import clear_number, number_readings, plain_number
from pipelines_portal.workflows.fields.reading.times import readings, unambiguous_text
from pipelines_portal.workflows.fields.verdicts import TWO_DAYS, TWO_NUMBERS, Answer, Problem


def likely_first(problem: Problem, likely: Notation) -> list[Answer]:
    """Return the answers, the one first that a text has in the notation that is likely for the person."""
    return sorted(problem.answers, key=lambda answer: answer.text != _read_in(problem, likely))


def notation_of_answer(problem: Problem, text: str) -> Notation | None:
    """Return the notation in which the problem's text means the answer `text`, or None if no notation says so."""
    choices = {TWO_NUMBERS: (Notation(","), Notation(".")), TWO_DAYS: (Notation("", True), Notation("", False))}
    return next((each for each in choices.get(problem.kind, ()) if _read_in(problem, each) == text), None)


def _read_in(problem: Problem, notation: Notation) -> str:
    """Return the text of the answer that the notation gives, or ""."""
    if problem.kind == TWO_NUMBERS and notation.decimal and len(number_readings(problem.value)) > 1:
        return clear_number(plain_number(number_readings(problem.value, notation.decimal)[0]))
    if problem.kind == TWO_DAYS and notation.is_day_first is not None:
        return "".join(map(unambiguous_text, readings(problem.value, None, notation.is_day_first)[:1]))
    return ""
