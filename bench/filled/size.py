"""How much there is on either side of a comparison."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Size:
    people: int  # all of them in the person's team, whose lead the person is
    teams: int
    keys: int  # of the person, one in two shared with the team
    workflows: int  # of the first key
    singles: int  # submissions of one row
    batches: int
    batch_rows: int
    words: int  # of the singles, so many are found by search
    events: int
    news: int
    drafts: int
    presets: int
    exports: int
    invitations: int
    tasks: int  # in the index of the first workflow
    open_tasks: int
    imports: int
    import_rows: int
    requests: int  # of the import that is being sent


# As much of everything as fills a page of it, and ten where a page shows less. Of submissions, a page of those that one
# person in twenty sent, or that are rejected, looks at 301 of these; all have words, as they would. A file that is sent
# goes in twenty requests, large or small, and all of them are shown.
FEW = Size(
    people=120, teams=210, keys=16, workflows=230, singles=6_100, batches=10, batch_rows=120, words=6_100, events=60,
    news=110, drafts=10, presets=10, exports=10, invitations=40, tasks=320, open_tasks=60, imports=60, import_rows=320,
    requests=20,
)  # fmt: skip
MANY = Size(
    people=500, teams=400, keys=100, workflows=300, singles=100_000, batches=10, batch_rows=50_000, words=50_000,
    events=100_000, news=10_000, drafts=300, presets=200, exports=300, invitations=200, tasks=100_000, open_tasks=5_000,
    imports=300, import_rows=100_000, requests=20,
)  # fmt: skip
# Of bench/growth.py: a hundred times the rows, of a hundred times the submissions, for the same people.
LEDGER_SMALL = replace(FEW, batches=5, batch_rows=1_000)
LEDGER_LARGE = replace(LEDGER_SMALL, singles=610_000, batches=5, batch_rows=100_000, words=610_000)
SIZES = {"few": FEW, "many": MANY, "ledger-small": LEDGER_SMALL, "ledger-large": LEDGER_LARGE}
