"""Render posts once, when they are written: HTML, word count and mentions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.db.models.functions import Lower

from community.core.markdown import Rendered, render
from community.core.text import storable
from community.forum.models import Post
from community.members.models import Member

# Mentions beyond this limit are rendered as plain text.
MAX_MENTIONS = 10


def normalize(source: str) -> str:
    """Return the text as it is stored: as typed, but with \\n line ends and no characters PostgreSQL refuses."""
    return storable(source).replace("\r\n", "\n").replace("\r", "\n")


def screening_text(title: str, source: str, tags: Iterable[str]) -> str:
    """Return the title, text and tags of an opening post as one text for screening; tags also in separate words."""
    names = " ".join(tags)
    return "\n\n".join(filter(None, [title, source, names, names.replace("-", " ")]))


def set_source(post: Post, source: str) -> list[Member]:
    """Set the post's source, HTML and word count without saving. Return the mentioned members."""
    people: dict[str, Member] = {}

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        people.update(_people(list(usernames)[:MAX_MENTIONS]))
        return {name: f"/u/{member.username}/" for name, member in people.items()}

    post.source = normalize(source)
    rendered = render(post.source, mentions=addresses)
    post.html, post.word_count = rendered.html, rendered.words
    return [people[name] for name in rendered.mentions]


def preview(source: str) -> Rendered:
    """Render a draft with the same rules as a post."""

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        found = _people(list(usernames)[:MAX_MENTIONS])
        return {name: f"/u/{member.username}/" for name, member in found.items()}

    return render(normalize(source), mentions=addresses)


def excerpt_of(source: str) -> str:
    return render(source).excerpt


def _people(usernames: list[str]) -> dict[str, Member]:
    members = Member.objects.alias(lower=Lower("username")).filter(lower__in=usernames, is_active=True)
    return {member.username.lower(): member for member in members}
