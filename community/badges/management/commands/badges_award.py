from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from community.badges.services import awards


class Command(BaseCommand):
    help = "Award every badge that has been earned but not awarded yet, dated to when it was earned."

    def handle(self, *args: Any, **options: Any) -> None:
        given = Counter(award.badge.name for award in awards.award_earned())
        for name, number in given.most_common():
            self.stdout.write(f"{number:6}  {name}")
        self.stdout.write(f"{sum(given.values()):6}  badges awarded.")
