"""Convert the text of a bundle to our Markdown, with links pointing to our own pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from community.core import formulas
from community.core.markdown import Rendered, render, sanitized
from community.core.markup import Markup
from community.core.rendered_html import text_of
from community.core.text import storable
from community.forum.models import Post, Tag, Topic
from community.forum.services import topics
from community.importers.models import ImportBatch, ImportedRow, StagedRow
from community.importers.services.failures import Failures
from community.importers.stackexchange.addresses import Target
from community.importers.stackexchange.text import (
    Links,
    as_plain_text,
    comment_html,
    from_comment,
    from_html,
    from_markdown,
    titles_in,
)
from community.members.models import Member

from .bundle import Bundle

Found = dict[Target, tuple[str, str]]


@dataclass(frozen=True)
class Text:
    """Text as stored: the author's Markdown, or HTML where the dump has nothing else."""

    source: str
    markup: Markup


@dataclass
class Texts:
    """Converts the text of a bundle's posts. Text that cannot be converted is kept as plain text, and noted."""

    links: Links
    found: Found
    mentions: Mapping[str, str] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    formulas: bool = False

    def for_participants(self, people: Iterable[int], bundle: Bundle) -> Texts:
        """Return a copy for a thread with these people. Dumps mention them by name, without spaces."""
        addresses: dict[str, set[str]] = {}
        for source in people:
            if source in bundle.members:
                name = "".join(bundle.names[source].split()).lower()
                addresses.setdefault(name, set()).add(bundle.members[source].get_absolute_url())
        return replace(
            self, mentions={name: found.pop() for name, found in addresses.items() if len(found) == 1}
        )

    def stored(self, row: StagedRow, markdown: str | None = None) -> Text:
        """Return the text of a post or comment, or of its version with this Markdown, with links to pages here."""
        try:
            return self._text(row, markdown)
        except Exception as error:  # no row may stop the import
            return self._plain(row, markdown, error)

    def convert(self, row: StagedRow, markdown: str | None = None) -> tuple[Text, Rendered]:
        """Like `stored`, rendered."""
        text = self.stored(row, markdown)
        try:
            return text, self.render(text)
        except Exception as error:
            text = self._plain(row, markdown, error)
            return text, self.render(text)

    def _plain(self, row: StagedRow, markdown: str | None, error: Exception) -> Text:
        self.failures.add(row, "kept as plain text", error)
        return Text(as_plain_text(storable(_original(row, markdown))), Markup.HTML)

    def convert_latest(self, row: StagedRow, markdown: str | None) -> tuple[Text, Rendered]:
        """Like `convert`, for the version whose HTML is in the dump; note the post if it renders differently."""
        text, rendered = self.convert(row, markdown)
        body = row.data.get("Body", "")
        if text.markup == Markup.COMMONMARK and body and not self._reads_like(rendered, body):
            older = Text(self._markdown(row, markdown or "", old_rules=True), Markup.COMMONMARK)
            if self._reads_like(by_old_rules := self.render(older), body):
                return older, by_old_rules
            self.failures.note(row, "whose Markdown renders differently here than the HTML in the dump")
        return text, rendered

    def _text(self, row: StagedRow, markdown: str | None) -> Text:
        if row.file == "comments":
            comment = self.links.rewrite(from_comment(row.data.get("Text", "")), self.found.get)
            return Text(storable(comment_html(comment)), Markup.HTML)
        if markdown is not None:
            return Text(self._markdown(row, markdown), Markup.COMMONMARK)
        html = from_html(row.data.get("Body", ""), lambda url: self.links.lead(url, self.found.get))
        return Text(storable(html), Markup.HTML)

    def _markdown(self, row: StagedRow, markdown: str, *, old_rules: bool = False) -> str:
        converted = from_markdown(markdown, titles=titles_in(row.data.get("Body", "")), old_rules=old_rules)
        return storable(self.links.rewrite(converted, self.found.get))

    def render(self, text: Text) -> Rendered:
        return render(text.source, markup=text.markup, mentions=self._addresses, formulas=self.formulas)

    def _reads_like(self, rendered: Rendered, body: str) -> bool:
        return _words(rendered.html) == _words(self.render(Text(body, Markup.HTML)).html)

    def _addresses(self, names: Collection[str]) -> dict[str, str]:
        return {name: self.mentions[name] for name in names if name in self.mentions}


def has_formulas(bundle: Bundle) -> bool:
    """Whether any question or answer in the bundle contains a formula."""
    rows = [*bundle.questions, *(row for answers in bundle.answers.values() for row in answers)]
    bodies = (row.data.get("Body", "") for row in rows)
    return any(formulas.in_html(sanitized(body)) for body in bodies if body.count("$") > 1)


def texts_of(bundle: Bundle) -> Texts:
    """Return the texts of a bundle, with all link targets looked up together."""
    links = Links(bundle.batch.hosts)
    targets: set[Target] = set()
    for source in _sources(bundle):
        targets |= links.targets(source)
    return Texts(links, _lookup(bundle.batch, targets))


def _words(html: str) -> str:
    return "".join(text_of(html).split())


def _original(row: StagedRow, markdown: str | None) -> str:
    """Return the text of the row as in the dump."""
    return (
        markdown if markdown is not None else row.data.get("Text" if row.file == "comments" else "Body", "")
    )


def _sources(bundle: Bundle) -> Iterable[str]:
    for post in [*bundle.questions, *(row for rows in bundle.answers.values() for row in rows)]:
        versions = bundle.versions.get(post.key, [])
        yield from (from_markdown(version.body) for version in versions if version.body is not None)
        if not versions or versions[-1].body is None:
            yield _original(post, None)
    for rows in bundle.comments.values():
        yield from (from_comment(_original(row, None)) for row in rows)


def _lookup(batch: ImportBatch, targets: set[Target]) -> Found:
    """Return our URL and a title for every target that was or will be imported."""
    found: Found = {}
    wanted: dict[str, list[int]] = {"post": [], "comment": [], "user": []}
    for target in targets:
        if target.kind != "tag":
            wanted[target.kind].append(int(target.key))
    found |= _posts(batch, wanted["post"])
    found |= _comments(batch, wanted["comment"])
    found |= _users(batch, wanted["user"])
    for tag in Tag.objects.filter(name__in=[target.key for target in targets if target.kind == "tag"]):
        found[Target("tag", tag.name)] = tag.get_absolute_url(), tag.name
    return found


def _posts(batch: ImportBatch, keys: list[int]) -> Found:
    rows = list(_staged(batch, "posts", keys))
    parents = {
        row.key: row for row in _staged(batch, "posts", [row.parent_id for row in rows if row.parent_id])
    }
    found: Found = {}
    for row in rows:
        question = parents.get(row.parent_id or 0, row)
        title = question.data.get("Title", "")[:255]
        if row is question:
            topic = Topic(pk=row.topic_id, slug=topics.slug(title))
            found[Target("post", row.key)] = topic.get_absolute_url(), title
        else:
            found[Target("post", row.key)] = Post(pk=row.target_id).get_absolute_url(), title
    for source, post in _earlier(batch, ImportedRow.Kind.POST, keys):
        found.setdefault(Target("post", source), (Post(pk=post).get_absolute_url(), f"#{source}"))
    return found


def _comments(batch: ImportBatch, keys: list[int]) -> Found:
    rows = _staged(batch, "comments", keys)
    return {
        Target("comment", row.key): (Post(pk=row.target_id).get_absolute_url(), "comment") for row in rows
    }


def _users(batch: ImportBatch, keys: list[int]) -> Found:
    targets = dict(_earlier(batch, ImportedRow.Kind.USER, keys))
    members = Member.objects.in_bulk(set(targets.values()))
    return {
        Target("user", source): (members[pk].get_absolute_url(), str(members[pk]))
        for source, pk in targets.items()
        if pk in members
    }


def _staged(batch: ImportBatch, file: str, keys: list[int]) -> Iterable[StagedRow]:
    return StagedRow.objects.filter(
        batch_id=batch.pk, file=file, skip="", source_id__in=keys, target_id__isnull=False
    )


def _earlier(batch: ImportBatch, kind: str, keys: list[int]) -> Iterable[tuple[int, int]]:
    rows = ImportedRow.objects.filter(site=batch.site, kind=kind, source_id__in=keys)
    return rows.values_list("source_id", "target_id")
