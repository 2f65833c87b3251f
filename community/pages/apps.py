from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "community.pages"
    label = "pages"

    def ready(self) -> None:
        from community.notifications import subjects

        from . import telling

        subjects.register("forum.post", telling.posts_as_subjects)
        subjects.register("badges.award", telling.awards_as_subjects)
