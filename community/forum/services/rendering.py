"""A post's HTML and what is known about its text, made once when it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db.models.functions import Lower

from community.core.markdown import Rendered, render
from community.core.text import storable
from community.forum.models import Post
from community.members.models import Member

# Everyone beyond these is shown as plain text: mentioning a crowd reaches nobody.
MENTIONS = 10


def typed(source: str) -> str:
    """Return the text as it is kept: exactly as typed, but with the line ends of a text file."""
    return storable(source).replace("\r\n", "\n").replace("\r", "\n")


def everything_said(title: str, source: str, tags: Iterable[str]) -> str:
    """Return all words of an opening post, for whoever judges them; those of a tag stand apart."""
    spoken = " ".join(tags)
    return "\n\n".join(filter(None, [title, source, spoken, spoken.replace("-", " ")]))


def write(post: Post, source: str) -> list[Member]:
    """Set the post's source and what follows from it; return who is mentioned. Saves nothing."""
    people: dict[str, Member] = {}

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        people.update(_people(list(usernames)[:MENTIONS]))
        return {name: f"/u/{member.username}/" for name, member in people.items()}

    post.source = typed(source)
    rendered = render(post.source, mentions=addresses)
    post.html, post.word_count = rendered.html, rendered.words
    return [people[name] for name in rendered.mentions]


def preview(source: str) -> Rendered:
    """Render what is being typed, with the same rules as when it is posted."""

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        found = _people(list(usernames)[:MENTIONS])
        return {name: f"/u/{member.username}/" for name, member in found.items()}

    return render(typed(source), mentions=addresses)


def excerpt_of(source: str) -> str:
    return render(source).excerpt


def _people(usernames: list[str]) -> dict[str, Member]:
    members = Member.objects.alias(lower=Lower("username")).filter(lower__in=usernames, is_active=True)
    return {member.username.lower(): member for member in members}
