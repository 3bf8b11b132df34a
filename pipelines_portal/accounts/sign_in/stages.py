"""The first stage of every sign-in: what must still hold at its end."""

from allauth.account.models import Login
from allauth.account.stages import LoginStage

from pipelines_portal.accounts.models import User


class BegunStage(LoginStage):
    """Keeps what the person's sessions hang on: a password changed meanwhile takes back what the old one began."""

    key = "begun"

    def handle(self) -> tuple[None, bool]:
        self.state["hash"] = self.login.user.get_session_auth_hash()
        return None, True


def still_holds(login: Login) -> bool:
    """Whether nothing that ends sessions happened since the sign-in began."""
    begun = login.state.get("stages", {}).get(BegunStage.key, {}).get("data", {})
    return isinstance(login.user, User) and begun.get("hash") == login.user.get_session_auth_hash()
