from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "pipelines_portal.imports"

    def ready(self) -> None:
        from pipelines_portal.web.attention import decisions_asked

        from . import requests  # noqa: F401 - it hears of outcomes
        from .waiting import waiting_imports

        decisions_asked.connect(waiting_imports)
