"""Texts as many people would type them, from a seed: numbers, times, choices, rankings, and slips of the finger."""

from random import Random

from .written import LANGUAGES, NO, TOPICS, YES, Case

MONTHS = ("Jan", "Feb", "March", "Apr", "May", "June", "Jul", "Aug", "Sept", "Oct", "Nov", "December", "Mai", "Okt")
DAYS = ("today", "yesterday", "tomorrow", "heute", "gestern", "morgen", "Today", "mon", "monday")
CLOCKS = (
    "9:00",
    "09:30",
    "16:45",
    "4pm",
    "4:30 pm",
    "10:15 am",
    "9 Uhr",
    "9:00 Uhr",
    "10:15:30",
    "10.15",
    "24:00",
    "2:30",
    "25:10",
)
CURRENCIES = ("€", "$", "EUR", "CHF", "USD", "kr", "%")
SLIPS = ("", "", "", "", "", " ", "\u00a0", ".", ",", "x", "0", "-", "'", "(", "?")


def texts_of(seed: int, count: int) -> list[Case]:
    """Return so many cases of all types. The same seed makes the same ones."""
    chance = Random(seed)
    makers = {
        "amount": number, "price": number, "least": number, "stars": small_number, "marks": small_number, "due": moment,
        "sure": yes_or_no, "language": language, "topics": order, "ranked": free_order, "loudness": free_text,
        "short": free_text,
    }  # fmt: skip
    names = list(makers)
    weights = [6, 2, 1, 1, 1, 8, 2, 2, 3, 1, 1, 1]
    cases: dict[tuple[str, str], Case] = {}
    while len(cases) < count:
        (name,) = chance.choices(names, weights)
        text = slipped(chance, makers[name](chance))
        cases[name, text] = Case(name, text)
    return list(cases.values())


def slipped(chance: Random, text: str) -> str:
    """Return the text with a slip now and then: a letter too many or too few, other case, spaces."""
    if chance.random() < 0.7:
        return text
    place = chance.randrange(len(text) + 1)
    return chance.choice(
        (
            text[:place] + chance.choice(SLIPS) + text[place:], text[:place] + text[place + 1 :], text.upper(),
            text.lower(), f" {text}", f"{text} ", text.replace(" ", "\u00a0"), text.replace(" ", "  "),
        )
    )  # fmt: skip


def number(chance: Random) -> str:
    whole = str(chance.choice((0, 5, 12, 240, 1240, 45000, 1234567, 100001, 10**15, chance.randrange(10**6))))
    if chance.random() < 0.5:
        mark = chance.choice((".", ",", "'", " ", "\u00a0", "\u202f"))
        whole = f"{int(whole):,}".replace(",", mark)
    text = whole + chance.choice(("", "", ".", ",")) * 1
    if text[-1] in ".,":
        text += str(chance.choice(("5", "50", "500", "125", "00", "000", "0", "-", "1234", "")))
    text = chance.choice(("", "", "", "", "-", "+", "\u2212", "(")) + text
    text += ")" if text.startswith("(") else ""
    if chance.random() < 0.2:
        currency = chance.choice(CURRENCIES)
        text = chance.choice((f"{currency} {text}", f"{text} {currency}", f"{text}{currency}"))
    return text + chance.choice(("", "", "", "", "", "", "e3", "E-2"))


def small_number(chance: Random) -> str:
    sign, end = (
        chance.choice(("", "", "", "+", "-", "0")),
        chance.choice(("", "", ".0", ",5", ".50", ".000", " %", "e1")),
    )
    return f"{sign}{chance.randrange(8)}{end}"


def moment(chance: Random) -> str:
    day, month, year = chance.randrange(1, 32), chance.randrange(1, 13), chance.choice((2026, 2026, 2027, 1999, 26, 70))
    name = chance.choice(MONTHS)
    mark = chance.choice(("/", ".", "-"))
    dates = (
        f"{day}{mark}{month}{mark}{year}", f"{day:02}{mark}{month:02}{mark}{year}", f"{month}{mark}{day}{mark}{year}",
        f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day}", f"{year}{month:02}{day:02}", f"{day} {name} {year}",
        f"{day}. {name} {year}", f"{name} {day}, {year}", f"{name} {day}", f"{day} {name}", f"{day}.{month}.",
        f"{day}-{name}-{year}", chance.choice(DAYS), "now", "", "2026-10-25", "2026-03-29",
    )  # fmt: skip
    date = chance.choice(dates)
    clock = chance.choice(("", "", *CLOCKS, "02:30"))
    text = date + chance.choice((" ", " ", ", ", "T", " at ", " um ")) + clock if date and clock else date or clock
    return text + chance.choice(("", "", "", "", "", "", "", "Z", "+01:00", "+02:00")) if ":" in text else text


def yes_or_no(chance: Random) -> str:
    return chance.choice((*YES, *NO, "maybe", "true.", "yes!", "jein", "10", "tr ue"))


def language(chance: Random) -> str:
    text = chance.choice((*LANGUAGES, "Espanol", "USEnglish", "us-english", "Français", "Klingon"))
    return chance.choice((text, text, text.upper(), text.lower(), text.title()))


def order(chance: Random) -> str:
    items = chance.sample(TOPICS, len(TOPICS))
    if chance.random() < 0.2:
        items = items[:-1] if chance.random() < 0.5 else [*items, items[0]]
    kind = chance.randrange(6)
    if kind == 0:
        items = [str(TOPICS.index(item) + 1) for item in items]
    elif kind == 1:
        items = [item[0].lower() for item in items]
    elif kind == 2:
        items = [item.lower() for item in items]
    if kind == 5:
        return "[" + ", ".join(f'"{item}"' for item in items) + "]"
    return chance.choice(("\n", ",", ", ", " > ", ">", "", " ", "\n\n")).join(items)


def free_order(chance: Random) -> str:
    return chance.choice(("\n", ", ", " > ", ",", "; ")).join(chance.sample(("a", "b", "c d", "7", "[x]"), 3))


def free_text(chance: Random) -> str:
    return chance.choice((number, moment, yes_or_no, order))(chance) if chance.random() < 0.7 else "Two words"
