from typing import Any

from django.contrib.auth.views import LoginView, PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from . import throttle
from .access import signed_in
from .forms import SignInForm
from .typed_values import kept_pairs, offer_to_continue


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttle.is_blocked(request):
            # Unbound errors: the password is not even looked at.
            form = self.get_form_class()(request, initial={"username": request.POST.get("username", "")})
            return self._page(form, status=429, is_blocked=True)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        pairs = kept_pairs(self.request)
        response = super().form_valid(form)
        return offer_to_continue(self.request, self.get_success_url(), pairs) if pairs else response

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        throttle.note_failure(self.request)
        return self._page(form, status=422)

    def _page(self, form: SignInForm, *, status: int, is_blocked: bool = False) -> HttpResponse:
        context = self.get_context_data(form=form, kept=kept_pairs(self.request), is_blocked=is_blocked)
        return self.render_to_response(context, status=status)


@method_decorator(signed_in, name="dispatch")
class PasswordChange(SuccessMessageMixin, PasswordChangeView):
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:password_change")
    success_message = "Your password is changed."

    def form_invalid(self, form: object) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
