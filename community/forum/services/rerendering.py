"""Re-render stored texts after the renderer has changed. Nobody edited them, so nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from community.core import page_cache
from community.core.markdown import linked_mentions, render
from community.core.rendered_html import excerpt_of
from community.forum.models import Post, Topic

BATCH_SIZE = 500


def rerender_posts() -> Iterator[tuple[int, int]]:
    """Re-render all posts; after each batch, yield how many were read and how many changed.

    Safe to interrupt and run again: posts already up to date or edited in the meantime are left alone. Mentions keep
    their targets.
    """
    posts = Post.objects.order_by("pk").select_related("topic__category").defer("search", "topic__search")
    last = 0
    while batch := list(posts.filter(pk__gt=last)[:BATCH_SIZE]):
        last = batch[-1].pk
        changed = sum(_rerender(post) for post in batch)
        if changed:
            page_cache.invalidate_on_commit()
        yield len(batch), changed


def _rerender(post: Post) -> bool:
    """Re-render a post and its topic's excerpt; return whether either changed."""
    rendered = render(
        post.source,
        markup=post.markup,
        mentions=linked_mentions(post.html),
        formulas=post.topic.category.formulas,
    )
    changed = 0
    if (rendered.html, rendered.words) != (post.html, post.word_count):
        unedited = Post.objects.filter(pk=post.pk, html=post.html)
        changed = unedited.update(html=rendered.html, word_count=rendered.words)
    if post.is_opening and (excerpt := excerpt_of(rendered.html)) != post.topic.excerpt:
        unedited = Post.objects.filter(pk=post.pk, html=rendered.html)
        topics = Topic.objects.filter(pk=post.topic_id, posts__in=unedited)
        changed += topics.update(excerpt=excerpt)
    return changed > 0
