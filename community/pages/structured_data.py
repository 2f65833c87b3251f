"""Structured data of topics for search engines: QAPage for questions, DiscussionForumPosting for everything else.

The properties are those that https://developers.google.com/search/docs/appearance/structured-data/qapage and
.../discussion-forum require or recommend. It contains only what visitors can read on the page; long texts are cut.
"""

from __future__ import annotations

from typing import Any

from community.core.page_meta import absolute
from community.core.rendered_html import beginning_of
from community.members.models import Member

from .topic import PostView, TopicPage

OPENING_LENGTH, REPLY_LENGTH = 600, 200
CONTEXT = "https://schema.org"


def topic_data(page: TopicPage) -> dict[str, Any] | None:
    """Return the data for a visitor's page; None for later pages of a question, which do not show the question."""
    opening = next((view for view in page.posts if view.post.is_opening), None)
    others = [view for view in page.posts if view is not opening and view.post.is_published]
    if page.topic.is_question:
        if opening is None:
            return None
        question = _question(page, opening, [view for view in others if view.post.is_answer])
        return {"@context": CONTEXT, "@type": "QAPage", "mainEntity": question}
    return {"@context": CONTEXT, **_posting(page, opening, others)}


def _question(page: TopicPage, opening: PostView, answers: list[PostView]) -> dict[str, Any]:
    topic = page.topic
    accepted = [_answer(view) for view in answers if view.post.is_accepted]
    suggested = [_answer(view) for view in answers if not view.post.is_accepted]
    return {
        **_post(opening, "Question", OPENING_LENGTH),
        "name": topic.title,
        "url": absolute(topic.get_absolute_url()),
        "answerCount": topic.answer_count,
        "upvoteCount": topic.score,
        **({"acceptedAnswer": accepted[0]} if accepted else {}),
        **({"suggestedAnswer": suggested} if suggested else {}),
    }


def _answer(view: PostView) -> dict[str, Any]:
    return {**_post(view, "Answer", REPLY_LENGTH), "upvoteCount": view.post.score}


def _posting(page: TopicPage, opening: PostView | None, replies: list[PostView]) -> dict[str, Any]:
    topic = page.topic
    own = _post(opening, "DiscussionForumPosting", OPENING_LENGTH) if opening else _reference(page)
    return {
        **own,
        "headline": topic.title,
        "url": absolute(topic.get_absolute_url()),
        "commentCount": topic.reply_count,
        **({"comment": [_post(view, "Comment", REPLY_LENGTH) for view in replies]} if replies else {}),
    }


def _reference(page: TopicPage) -> dict[str, Any]:
    """The opening post on later pages, which show only its title."""
    topic = page.topic
    return {
        "@type": "DiscussionForumPosting",
        "author": _person(topic.author),
        "datePublished": topic.created_at.isoformat(timespec="seconds"),
        "text": topic.excerpt,
    }


def _post(view: PostView, kind: str, length: int) -> dict[str, Any]:
    post = view.post
    return {
        "@type": kind,
        "text": beginning_of(post.html, length=length),
        "url": absolute(view.permalink),
        "author": {"@type": "Person", "name": post.byline} if post.byline else _person(post.author),
        "datePublished": post.created_at.isoformat(timespec="seconds"),
        **({"dateModified": post.edited_at.isoformat(timespec="seconds")} if post.edited_at else {}),
    }


def _person(member: Member) -> dict[str, str]:
    """The author, with a link to their profile if they still have one."""
    profile = {"url": absolute(member.get_absolute_url())} if member.is_active else {}
    return {"@type": "Person", "name": str(member), **profile}
