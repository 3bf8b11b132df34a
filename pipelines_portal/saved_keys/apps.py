from django.apps import AppConfig


class SavedKeysConfig(AppConfig):
    name = "pipelines_portal.saved_keys"
    label = "saved_keys"
