"""Refusals that give the reader a reason."""

from django.core.exceptions import PermissionDenied


def require(allowed: bool, sentence: str) -> None:
    """Raise PermissionDenied (a 403 page that shows `sentence`) unless `allowed`."""
    if not allowed:
        raise PermissionDenied(sentence)


class Refused(Exception):
    """The act is not possible; the message is a sentence for the person who tried."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])
