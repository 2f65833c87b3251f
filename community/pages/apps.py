from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "community.pages"
    label = "pages"

    def ready(self) -> None:
        from community.notifications import subjects

        from . import notify

        subjects.register("forum.post", notify.posts_as_subjects)
        subjects.register("badges.award", notify.awards_as_subjects)
