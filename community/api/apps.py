from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "community.api"
    label = "api"
    verbose_name = "API"
