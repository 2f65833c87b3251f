from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from community.core import backstage
        from journeys.hooks import standing_source

        from .panels import score_panel
        from .source import ScoreSource

        standing_source(ScoreSource())
        backstage.add_member_panel(score_panel)
