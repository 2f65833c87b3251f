from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from community.core.backstage import add_member_panel

        from . import backstage

        add_member_panel(backstage.journey_panel)
