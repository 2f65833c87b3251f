"""How long ago, in words; the same words that <relative-time> writes in the browser."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# After this the date says more than a count of months (the element's own threshold).
THRESHOLD = timedelta(days=30)


def phrase(moment: datetime, *, now: datetime) -> str:
    """“now”, “5 minutes ago”, “in 3 hours”, “yesterday”, “2 weeks ago”, then “on Jan 3, 2026”."""
    distance = now - moment
    if abs(distance) >= THRESHOLD:
        day = timezone.localtime(moment)
        pattern = "M j" if day.year == timezone.localtime(now).year else "M j, Y"
        return _("on %(date)s") % {"date": formats.date_format(day, pattern)}
    seconds = int(abs(distance).total_seconds())
    if seconds < 60:
        return _("now")
    return _past(seconds) if distance > timedelta(0) else _future(seconds)


def _past(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if hours < 24:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    if days < 7:
        return _("yesterday") if days == 1 else _("%(n)d days ago") % {"n": days}
    weeks = days // 7
    return _("last week") if weeks == 1 else _("%(n)d weeks ago") % {"n": weeks}


def _future(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    if hours < 24:
        return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}
    if days < 7:
        return _("tomorrow") if days == 1 else _("in %(n)d days") % {"n": days}
    weeks = days // 7
    return _("next week") if weeks == 1 else _("in %(n)d weeks") % {"n": weeks}
