"""Render posts once, when they are written: HTML, word count and mentions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from community.core.markdown import Rendered, render
from community.core.markup import Markup
from community.core.rendered_html import attributes_of, text_of
from community.core.text import storable
from community.forum.models import Category, Post, Revision
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


def filterable_text(source: str) -> str:
    """Return Markdown for the word filter: the source, the visible text, and link targets."""
    html = render(source).html
    return "\n\n".join([source, text_of(html), attributes_of(html)])


def filterable_text_of(post: Post) -> str:
    """Return a stored post for the word filter, like `filterable_text`."""
    return "\n\n".join([editable_source(post), text_of(post.html), attributes_of(post.html)])


def editable_source(written: Post | Revision) -> str:
    """Return the source as Markdown, to edit, compare and quote; HTML is converted."""
    if written.markup != Markup.HTML:
        return written.source
    from community.core.html_to_markdown import to_markdown  # a fifth of a second, and few posts need it

    post = written.post if isinstance(written, Revision) else written
    return to_markdown(written.source, formulas=post.topic.category.formulas)


def editable_markup(written: Post | Revision) -> Markup:
    """Return the markup of `editable_source`."""
    return Markup.COMMONMARK if written.markup == Markup.COMMONMARK else Markup.MARKDOWN


def edit_source(post: Post, source: str) -> list[Member]:
    """Set the post's source to an edited `editable_source`, like `set_source`."""
    post.markup = editable_markup(post)
    return set_source(post, source, category=post.topic.category)


def set_source(post: Post, source: str, *, category: Category) -> list[Member]:
    """Set the post's source, HTML and word count without saving. Return the mentioned members."""
    people: dict[str, Member] = {}

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        people.update(_people(list(usernames)[:MAX_MENTIONS]))
        return {name: f"/u/{member.username}/" for name, member in people.items()}

    post.source = normalize(source)
    rendered = render(post.source, markup=post.markup, mentions=addresses, formulas=category.formulas)
    post.html, post.word_count = rendered.html, rendered.words
    return [people[name] for name in rendered.mentions]


def preview(source: str, *, markup: str = Markup.MARKDOWN, formulas: bool = False) -> Rendered:
    """Render a draft with the same rules as a post."""

    def addresses(usernames: Collection[str]) -> Mapping[str, str]:
        found = _people(list(usernames)[:MAX_MENTIONS])
        return {name: f"/u/{member.username}/" for name, member in found.items()}

    return render(normalize(source), markup=markup, mentions=addresses, formulas=formulas)


def _people(usernames: list[str]) -> dict[str, Member]:
    members = Member.objects.public().named(usernames)
    return {member.username.lower(): member for member in members}
