from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from community.core import admin_base
        from journeys.hooks import standing_source

        from .admin_panels import score_panel
        from .source import ScoreSource

        standing_source(ScoreSource())
        admin_base.add_member_panel(score_panel)
