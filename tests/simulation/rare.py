"""States that days have to meet, since few actions lead to them: a long run fails without one of them."""

RARE = (
    "an archive is confirmed by an API that honours keys", "a late answer meets a new try", "a cancel meets a confirm",
    "a restore finds a request on its way", "a rule begins while its codes are on their way", "a duplicate is wanted",
    "a warning of an earlier rule is accepted",
)  # fmt: skip
