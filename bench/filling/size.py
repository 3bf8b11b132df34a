"""How many rows of each kind a company has."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Size:
    people: int
    teams: int
    keys: int
    workflows: int
    submissions: int
    batches: int
    batch_rows: int
    events: int
    notifications: int
    drafts: int
    presets: int
    exports: int
    invitations: int
    indexed_tasks: int
    open_tasks: int
    imports: int
    import_rows: int
    import_requests: int


# As much as fills a page. Pages of the submissions of one colleague in twenty look at 301 of 6,100. An import's page
# shows all of its requests, however large the import is, so there are as many in a large company.
FEW = Size(
    people=120, teams=210, keys=16, workflows=230, submissions=6_100, batches=10, batch_rows=120, events=60,
    notifications=110, drafts=10, presets=10, exports=10, invitations=40, indexed_tasks=320, open_tasks=60, imports=60,
    import_rows=320, import_requests=20,
)  # fmt: skip
MANY = Size(
    people=500, teams=400, keys=100, workflows=300, submissions=100_000, batches=10, batch_rows=50_000, events=100_000,
    notifications=10_000, drafts=300, presets=200, exports=300, invitations=200, indexed_tasks=100_000,
    open_tasks=5_000, imports=300, import_rows=100_000, import_requests=20,
)  # fmt: skip


def reduced(size: Size, divisor: int) -> Size:
    """Return a smaller company, of which each kind still fills a page."""
    least = asdict(FEW)
    return Size(**{name: max(count // divisor, least[name]) for name, count in asdict(size).items()})
