from django.apps import AppConfig


class SignInThrottleConfig(AppConfig):
    name = "pipelines_portal.sign_in_throttle"
    label = "sign_in_throttle"

    def ready(self) -> None:
        """A session's time begins with the sign-in."""
        from pipelines_portal.http import idle_session  # noqa: F401
