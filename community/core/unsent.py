"""Keep what was typed into a form after the session had ended, until the same member has logged in again.

A hidden field says who the form was shown to, so that nobody else at the computer can see the text.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# The name of the hidden field, and the session key of the form.
SHOWN_TO: Final = "shown_to"
KEY: Final = "unsent_form"
# In that field of forms for visitors that a member may send too, after logging in on another page.
VISITOR: Final = "visitor"
MAX_CHARACTERS: Final = 100_000
KEPT_FOR: Final = 3600  # seconds
# Fields shown for review before sending; other fields are sent unchanged.
TEXTS: Final = {
    "title": _("Title"),
    "source": _("Text"),
    "text": _("Text"),
    "reason": _("Reason"),
    "note": _("Note"),
    "bio": _("About you"),
}
_NEVER_KEPT: Final = ("csrfmiddlewaretoken", "password", "code", "token", "secret", SHOWN_TO)


@dataclass(frozen=True)
class UnsentForm:
    address: str
    fields: list[tuple[str, str]]

    @property
    def texts(self) -> list[tuple[str, Any, str]]:
        """Name, label and value of the fields shown."""
        return [(name, TEXTS[name], value) for name, value in self.fields if name in TEXTS]

    @property
    def others(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.fields if name not in TEXTS]


def of(request: HttpRequest) -> UnsentForm | None:
    """Return the form in the request; None if it does not say who it was shown to or is too long to keep."""
    if request.method != "POST" or not (shown_to(request).isdigit() or shown_to(request) == VISITOR):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if not name.startswith(_NEVER_KEPT) and isinstance(value, str)
    ]
    if sum(len(name) + len(value) for name, value in fields) > MAX_CHARACTERS:
        return None
    return UnsentForm(request.get_full_path(), fields)


def shown_to(request: HttpRequest) -> str:
    """Return the primary key of the member the form was shown to, or VISITOR."""
    return request.POST.get(SHOWN_TO, "")


def keep(request: HttpRequest, form: UnsentForm) -> None:
    """Keep the form in the session; logging in preserves it."""
    request.session[KEY] = {
        "address": form.address,
        "fields": form.fields,
        "shown_to": shown_to(request),
        "at": int(time.time()),
    }


def kept(request: HttpRequest) -> UnsentForm | None:
    """Return the form that the logged-in member could not send within the last hour."""
    found = request.session.get(KEY)
    if not found or found["shown_to"] != str(request.user.pk) or time.time() - found["at"] > KEPT_FOR:
        return None
    return UnsentForm(found["address"], [(name, value) for name, value in found["fields"]])


def forget(request: HttpRequest) -> None:
    """Forget the form once it has been sent."""
    if request.session.get(KEY, {}).get("address") == request.get_full_path():
        del request.session[KEY]
