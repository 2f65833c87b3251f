"""Refusals that give the reader a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def require(allowed: bool, sentence: StrOrPromise) -> None:
    """Raise PermissionDenied (a 403 page that shows `sentence`) unless `allowed`."""
    if not allowed:
        raise PermissionDenied(str(sentence))


class Refused(Exception):
    """The act is not possible; the message is a sentence for the person who tried."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])
