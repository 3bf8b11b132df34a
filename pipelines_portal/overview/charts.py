"""Days as bars, for a template to draw. All numbers of an SVG are text, so that none is localized."""

from dataclasses import dataclass

from pipelines_portal.task_index.reads import Day

RIGHT, TOP, BOTTOM = 960, 12, 166
# Of the axis: the least room for its labels, the width of one of their characters, and what is between them and it.
NARROWEST, CHARACTER, BESIDE = 34, 6.6, 6
# From here on labels are in thousands.
LARGE = 100_000
BAR, GAP = 10, 2
LINES = 3
SPARK_STEP, SPARK_HEIGHT = 7, 28


@dataclass(frozen=True)
class Bars:
    """One day: both bars, or `label` alone where it was not read."""

    title: str
    label: str
    label_x: str
    created: tuple[str, str, str] | None
    finished: tuple[str, str, str] | None


@dataclass(frozen=True)
class Line:
    y: str
    text_y: str
    value: str


@dataclass(frozen=True)
class Chart:
    """`words` says what it shows to who cannot see it. `left`: where the days begin, right of `label_x`."""

    words: str
    left: str
    label_x: str
    lines: list[Line]
    days: list[Bars]
    today_x: str
    today_width: str


@dataclass(frozen=True)
class Spark:
    words: str
    bars: list[tuple[str, str, str]]


def chart_of(days: list[Day]) -> Chart:
    top = _round_top(max([*_values(days), 1]))
    lines = [_line(top * number // LINES, top) for number in range(LINES + 1)]
    left = max(NARROWEST, CHARACTER * max(len(line.value) for line in lines) + 2 * BESIDE)
    step = (RIGHT - left) / len(days)
    bars = [_bars(day, left + number * step, step, top, len(days) - 1 - number) for number, day in enumerate(days)]
    place = _text(left), _text(left - BESIDE)
    return Chart(_words(days), *place, lines, bars, _text(RIGHT - step), _text(step))


def spark_of(days: list[Day]) -> Spark | None:
    """Created a day; None where a day of them was not read."""
    values = [day.created for day in days]
    if None in values:
        return None
    known = [value or 0 for value in values]
    highest = max([*known, 1])
    heights = [max(round((SPARK_HEIGHT - 1) * value / highest), 1) for value in known]
    bars = [(str(n * SPARK_STEP), str(SPARK_HEIGHT - height), str(height)) for n, height in enumerate(heights)]
    low, high = min(known[:-1], default=0), max(known[:-1], default=0)
    words = f"Created a day, last {len(days)} days: lowest {low:,}, highest {high:,}, today so far {known[-1]:,}"
    return Spark(words, bars)


def name_of(day: Day) -> str:
    return f"{day.date:%a} {day.date.day} {day.date:%b}"


def _values(days: list[Day]) -> list[int]:
    return [value for day in days for value in (day.created, day.finished) if value is not None]


def _round_top(highest: int) -> int:
    """Three times a 1, 2 or 5 with zeros behind it."""
    for power in range(len(str(highest)) + 1):
        for digit in (1, 2, 5):
            step: int = digit * 10**power
            if LINES * step >= highest:
                return LINES * step
    return highest


def _line(value: int, top: int) -> Line:
    y = _y(value, top)
    return Line(_text(y), _text(y + 4), f"{value // 1000:,}k" if top >= LARGE and value else f"{value:,}")


def _bars(day: Day, x: float, step: float, top: int, before_today: int) -> Bars:
    is_labelled = before_today == 0 or (before_today % 7 == 0 and before_today < 28)
    label = ("today" if before_today == 0 else f"{day.date.day} {day.date:%b}") if is_labelled else ""
    middle = _text(x + step / 2)
    if day.created is None or day.finished is None:
        return Bars(f"{name_of(day)}: not read", label, middle, None, None)
    title = f"{name_of(day)}: {day.created:,} created, {day.finished:,} finished"
    left = x + (step - 2 * BAR - GAP) / 2
    created, finished = _bar(left, day.created, top), _bar(left + BAR + GAP, day.finished, top)
    return Bars(title, label, middle, created, finished)


def _bar(x: float, value: int, top: int) -> tuple[str, str, str]:
    y = _y(value, top)
    return _text(x), _text(y), _text(BOTTOM - y)


def _y(value: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _words(days: list[Day]) -> str:
    span = f"Tasks created and finished a day, {name_of(days[0])} to {name_of(days[-1])}."
    most = max((day for day in days if day.created is not None), key=lambda day: day.created or 0, default=None)
    return f"{span} Most created: {most.created:,} on {name_of(most)}." if most else f"{span} None of it is read yet."


def _text(number: float) -> str:
    return f"{number:.1f}"
