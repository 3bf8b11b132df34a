"""Who at the issuer an account belongs to: one person there, however often its email is given to others."""

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb


def is_linked(user: User) -> bool:
    return SocialAccount.objects.filter(user=user).exists()


def join(request: HttpRequest, sociallogin: SocialLogin) -> bool:
    """Link the account with that email. False when it is somebody else's there; of two at once, one is linked."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=sociallogin.user.pk)
        # Of this issuer: where the portal moved to another one, people have other marks there, and are who they were.
        others = SocialAccount.objects.filter(user=user, provider=sociallogin.account.provider)
        if others.exclude(uid=sociallogin.account.uid).exists():
            return False
        sociallogin.connect(request, user)
    return True


def unlink(user: User, by: User) -> bool:
    """An administrator's help where the issuer gave the email to somebody else. False when there is no link."""
    with transaction.atomic():
        gone, _ = SocialAccount.objects.filter(user=user).delete()
        if not gone:
            return False
        open_sessions.end_all(user)
        record(Verb.ISSUER_UNLINKED, by=by, target=user, issuer=settings.OIDC_NAME)
    return True
