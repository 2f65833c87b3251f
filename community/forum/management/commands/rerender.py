from typing import Any

from django.core.management.base import BaseCommand

from community.forum.services.rerendering import rerender_posts
from community.members.services.profiles import rerender_bios


class Command(BaseCommand):
    help = (
        "Render all posts and profiles again, after an update changed how texts are shown. "
        "It can be interrupted and started again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        read = changed = 0
        for more_read, more_changed in rerender_posts():
            read, changed = read + more_read, changed + more_changed
            self.stdout.write(f"{read:,} posts read, {changed:,} changed.")
        self.stdout.write(f"{changed:,} posts and {rerender_bios():,} profiles changed.")
