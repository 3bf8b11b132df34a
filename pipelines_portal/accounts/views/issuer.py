"""To the issuer, and back from it."""

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from pipelines_portal.accounts.issuer.adapter import IssuerClient, did_not_work, provider_id

# What an issuer that is down, or is none, makes of its description.
UNUSABLE = (RequestException, ValueError, KeyError, TypeError, AttributeError)


@require_POST
def issuer_sign_in(request: HttpRequest) -> HttpResponse:
    """Somebody signed in already shows once more who they are: the issuer is to ask them, and to say when it did."""
    _must_be_set()
    is_confirming = request.user.is_authenticated
    ask = {"prompt": "login", "max_age": "0"} if is_confirming else {}
    provider = get_adapter().get_provider(request, provider_id())
    try:
        response: HttpResponse = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            data={"is_confirming": True} if is_confirming else None,
            auth_params=ask,
        )
    except UNUSABLE as error:
        return did_not_work(request, error)
    return response


@require_safe
def issuer_callback(request: HttpRequest) -> HttpResponse:
    _must_be_set()
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(IssuerClient(request, provider_id()))(request)
    # The same newcomer, twice at once; or what no database keeps, such as a name for them of thousands of signs.
    except (*UNUSABLE, IntegrityError, DataError) as error:
        return did_not_work(request, error)
    return response


def _must_be_set() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404
