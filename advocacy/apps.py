from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from community.core import admin_base
        from journeys.hooks import register_advocacy_source

        from .admin_panels import score_panel
        from .source import ScoreSource

        register_advocacy_source(ScoreSource())
        admin_base.add_member_panel(score_panel)
