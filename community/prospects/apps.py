from django.apps import AppConfig


class ProspectsConfig(AppConfig):
    name = "community.prospects"
    label = "prospects"
