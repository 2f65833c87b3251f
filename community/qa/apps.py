from django.apps import AppConfig


class QaConfig(AppConfig):
    name = "community.qa"
    label = "qa"
