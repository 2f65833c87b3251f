from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = "community.runtime"
    label = "runtime"
