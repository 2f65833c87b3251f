import pytest

from community.core.permissions import Refused
from community.events.models import Event
from community.forum.models import Post, Topic
from community.forum.services import posts, tags, topics
from tests.factories.forum import CategoryFactory, PostFactory, TagFactory, TopicFactory
from tests.factories.members import MemberFactory

from .event_log import event_names, get_event

pytestmark = pytest.mark.django_db


def test_edit_post_keeps_both_versions():
    post = PostFactory(source="Use tap water.")

    edited = posts.edit(post, actor=post.author, source="Use *soft* water.", reason="clearer")

    assert (edited.source, edited.html) == ("Use *soft* water.", "<p>Use <em>soft</em> water.</p>\n")
    assert [(r.number, r.source, r.reason) for r in edited.revisions.all()] == [
        (1, "Use tap water.", ""),
        (2, "Use *soft* water.", "clearer"),
    ]
    assert (edited.revision_count, edited.edited_by) == (1, post.author)
    assert get_event("post.edited").props == {"topic_id": post.topic_id, "reason": "clearer"}


def test_edit_post_with_the_same_text_changes_nothing():
    post = PostFactory()

    posts.edit(post, actor=post.author, source=post.source)

    post.refresh_from_db()
    assert (post.revision_count, post.edited_at, post.revisions.count()) == (0, None, 0)
    assert event_names() == []


def test_third_version_follows_the_second():
    post = PostFactory(source="one")

    for words in ("two", "three"):
        posts.edit(post, actor=post.author, source=words)

    assert [(r.number, r.source) for r in post.revisions.all()] == [(1, "one"), (2, "two"), (3, "three")]
    assert Event.objects.filter(name="post.edited").count() == 2


def test_edit_of_the_opening_updates_the_excerpt():
    topic = TopicFactory()

    posts.edit(topic.posts.get(), actor=topic.author, source="# New\n\nwords")

    assert Topic.objects.get(pk=topic.pk).excerpt == "New words"


def test_edit_of_a_pending_post_records_no_event():
    post = PostFactory(status=Post.Status.PENDING)

    posts.edit(post, actor=post.author, source="Better words, still waiting.")

    assert event_names() == []


def test_edit_mentions_each_person_once():
    MemberFactory(username="anna")
    post = PostFactory()

    for words in ("Hello @anna", "Hello again, @anna"):
        posts.edit(post, actor=post.author, source=words)

    assert Event.objects.filter(name="member.mentioned").count() == 1


def test_edit_topic_records_what_changed():
    topic = TopicFactory(title="Old title here", tags=[TagFactory(name="old")])
    moderator = MemberFactory(role="moderator")

    topics.edit(topic, actor=moderator, title="A much better title", tags=["New"], reason="clearer")

    topic.refresh_from_db()
    assert (topic.title, topic.slug) == ("A much better title", "a-much-better-title")
    assert [tag.name for tag in topic.tags.all()] == ["new"]
    assert get_event("topic.edited").props == {"what": ["title", "tags"]}
    versions = topic.posts.get().revisions.all()
    assert [(r.title, r.tags, r.reason) for r in versions] == [
        ("Old title here", "old", ""),
        ("A much better title", "new", "clearer"),
    ]


def test_edit_topic_is_idempotent():
    topic = TopicFactory(tags=[TagFactory(name="grinder")])

    topics.edit(topic, actor=topic.author, title=topic.title, tags=["Grinder"])

    assert event_names() == []
    assert topic.posts.get().revisions.count() == 0


def test_edit_topic_with_too_many_tags_is_refused():
    topic = TopicFactory()

    with pytest.raises(Refused, match="at most 5"):
        topics.edit(topic, actor=topic.author, title="Whatever title", tags=list("abcdef"))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Espresso Machines ", "espresso-machines"),
        ("C++", "c++"),
        ("Kaffeemühle", "kaffeemühle"),
        ("a/b<c>", "a-b-c"),
        ("!!!", ""),
        ("x" * 60, "x" * 35),
    ],
)
def test_tag_names_are_normalized(typed, kept):
    assert tags.normalize(typed) == kept


def test_similar_tags_have_different_slugs():
    topic = TopicFactory(category=CategoryFactory())

    tags.assign(topic, ["c", "c++", "c#"])

    assert len({tag.slug for tag in topic.tags.all()}) == 3


def test_a_tag_of_symbols_only_has_a_stable_slug():
    (tag,) = tags.get_or_create(["__"])

    assert tag.slug == "tag-9911f4d2"
