from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "pipelines_portal.people"

    def ready(self) -> None:
        from pipelines_portal.accounts.signals import came_from_issuer, newcomer_at_the_door
        from pipelines_portal.people.newcomers import is_invited, take_invitation

        newcomer_at_the_door.connect(is_invited)
        came_from_issuer.connect(take_invitation)
