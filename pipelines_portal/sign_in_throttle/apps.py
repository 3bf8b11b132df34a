from django.apps import AppConfig


class SignInThrottleConfig(AppConfig):
    name = "pipelines_portal.sign_in_throttle"
    label = "sign_in_throttle"
