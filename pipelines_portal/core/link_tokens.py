"""Tokens of links with which a person sets a password. Each works once, for PASSWORD_RESET_TIMEOUT seconds."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class LinkTokens(PasswordResetTokenGenerator):
    """Tokens that name the maker of a link: the ID of a person, or a fixed word if no person made it.

    Subclasses hash what else ends a link when it changes, such as the rights of the person. Who checks a token also
    checks that its maker may still make one: otherwise a person who was removed could come back as somebody else.
    """

    def __init__(self, maker: str) -> None:
        super().__init__()
        self.maker = maker

    def make_named_token(self, user: Any) -> str:
        return f"{self.maker}.{self.make_token(user)}"

    @classmethod
    def maker_of(cls, user: Any, token: str | None) -> str | None:
        """Return the maker of a valid token, or None if the token is not valid."""
        maker, _, rest = (token or "").partition(".")
        return maker if cls(maker).check_token(user, rest) else None
