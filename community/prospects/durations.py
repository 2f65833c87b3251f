"""Durations as text."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def short(minutes: int) -> str:
    """Return a short form: 45 min, 3 h 20 min, 2 d 4 h."""
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _("%(h)d h %(n)d min") % {"h": hours, "n": rest} if rest else _("%(h)d h") % {"h": hours}
    days, hours = divmod(hours, 24)
    return _("%(d)d d %(h)d h") % {"d": days, "h": hours} if hours else _("%(d)d d") % {"d": days}


def in_words(minutes: int) -> str:
    """Return a form for sentences, rounded up: 45 minutes, 4 hours, 2 days."""
    if minutes < 120 and minutes != 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = -(-minutes // 60)
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = -(-hours // 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
