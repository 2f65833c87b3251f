from django.apps import AppConfig


class ImportersConfig(AppConfig):
    name = "community.importers"
    label = "importers"
