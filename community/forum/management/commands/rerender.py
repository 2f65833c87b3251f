from typing import Any

from django.core.management.base import BaseCommand

from community.forum.services.rerendering import rerender_posts
from community.members.services.profiles import rerender_bios


class Command(BaseCommand):
    help = (
        "Re-render all posts and profiles after an upgrade that changes how text is displayed. "
        "It is safe to interrupt and run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        read = changed = 0
        for more_read, more_changed in rerender_posts():
            read, changed = read + more_read, changed + more_changed
            self.stdout.write(f"{read:,} posts read, {changed:,} changed.")
        self.stdout.write(f"{changed:,} posts and {rerender_bios():,} profiles changed.")
