from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from community.core.backstage import add_member_panel
        from community.forum import hooks

        from . import backstage, threads

        hooks.decorate_thread(threads.stage_by_member)
        add_member_panel(backstage.journey_panel)
