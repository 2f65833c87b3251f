from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from journeys.hooks import standing_source

        from .source import ScoreSource

        standing_source(ScoreSource())
