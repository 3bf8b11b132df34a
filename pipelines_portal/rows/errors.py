"""Why a rows file cannot be used."""


class RowsFileError(Exception):
    """`title` says what is wrong, `advice` what to do about it."""

    def __init__(self, title: str, advice: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
