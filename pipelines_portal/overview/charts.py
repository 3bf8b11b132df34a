"""Charts of days, for a template to draw. All numbers of the SVG are text, so that Django does not localize them."""

from dataclasses import dataclass

from pipelines_portal.task_index.reads import DayCount

RIGHT, TOP, BOTTOM = 960, 12, 166
# The axis: the smallest space for its labels, the width of a character, and the gap between the labels and the axis.
MIN_LABEL_WIDTH, CHARACTER_WIDTH, LABEL_GAP = 34, 6.6, 6
# Labels of larger values are in thousands.
LARGE = 100_000
BAR, GAP = 10, 2
LINES = 3


@dataclass(frozen=True)
class DayBars:
    """The bars of a day. A day that was not read has none."""

    title: str
    label: str
    label_x: str
    created: tuple[str, str, str] | None
    finished: tuple[str, str, str] | None


@dataclass(frozen=True)
class ChartLine:
    y: str
    text_y: str
    value: str


@dataclass(frozen=True)
class Chart:
    """A chart of days. `summary` describes it for screen readers. The days begin at `left`."""

    summary: str
    left: str
    label_x: str
    lines: list[ChartLine]
    days: list[DayBars]
    today_x: str
    today_width: str


def build_chart(days: list[DayCount]) -> Chart:
    top = _round_top(max([*_values(days), 1]))
    lines = [_line(top * number // LINES, top) for number in range(LINES + 1)]
    left = max(MIN_LABEL_WIDTH, CHARACTER_WIDTH * max(len(line.value) for line in lines) + 2 * LABEL_GAP)
    step = (RIGHT - left) / len(days)
    bars = [_bars(day, left + number * step, step, top, len(days) - 1 - number) for number, day in enumerate(days)]
    return Chart(_summary(days), _text(left), _text(left - LABEL_GAP), lines, bars, _text(RIGHT - step), _text(step))


def day_label(day: DayCount) -> str:
    return f"{day.date:%a} {day.date.day} {day.date:%b}"


def _values(days: list[DayCount]) -> list[int]:
    return [value for day in days for value in (day.created, day.finished) if value is not None]


def _round_top(highest: int) -> int:
    """Return a round value that is at least `highest`: LINES steps of 1, 2 or 5 times a power of ten."""
    for power in range(len(str(highest)) + 1):
        for digit in (1, 2, 5):
            step: int = digit * 10**power
            if LINES * step >= highest:
                return LINES * step
    return highest


def _line(value: int, top: int) -> ChartLine:
    y = _y(value, top)
    return ChartLine(_text(y), _text(y + 4), f"{value // 1000:,}k" if top >= LARGE and value else f"{value:,}")


def _bars(day: DayCount, x: float, step: float, top: int, days_ago: int) -> DayBars:
    is_labelled = days_ago == 0 or (days_ago % 7 == 0 and days_ago < 28)
    label = ("today" if days_ago == 0 else f"{day.date.day} {day.date:%b}") if is_labelled else ""
    middle = _text(x + step / 2)
    if day.created is None or day.finished is None:
        return DayBars(f"{day_label(day)}: not counted", label, middle, None, None)
    title = f"{day_label(day)}: {day.created:,} created, {day.finished:,} finished"
    left = x + (step - 2 * BAR - GAP) / 2
    created, finished = _bar(left, day.created, top), _bar(left + BAR + GAP, day.finished, top)
    return DayBars(title, label, middle, created, finished)


def _bar(x: float, value: int, top: int) -> tuple[str, str, str]:
    y = _y(value, top)
    return _text(x), _text(y), _text(BOTTOM - y)


def _y(value: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _summary(days: list[DayCount]) -> str:
    span = f"Tasks created and finished per day, {day_label(days[0])} to {day_label(days[-1])}."
    most = max((day for day in days if day.created is not None), key=lambda day: day.created or 0, default=None)
    most_created = f"Most created: {most.created:,} on {day_label(most)}." if most else "Not counted yet."
    return f"{span} {most_created}"


def _text(number: float) -> str:
    return f"{number:.1f}"
