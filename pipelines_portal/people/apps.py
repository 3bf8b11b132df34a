from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "pipelines_portal.people"

    def ready(self) -> None:
        from pipelines_portal.accounts.signals import newcomer_arrived, signed_in_through_idp
        from pipelines_portal.people.invitations import accept_invitation, is_invited

        newcomer_arrived.connect(is_invited)
        signed_in_through_idp.connect(accept_invitation)
