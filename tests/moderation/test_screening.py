from datetime import timedelta

import pytest
from django.utils import timezone

from community.core.permissions import Refused
from community.core.rate_limits import RateLimited
from community.events.models import Event
from community.forum.models import Post
from community.forum.screening import ALLOW
from community.forum.services import posts, topics
from community.moderation.models import BlockedWord, Policy, ReviewItem
from community.moderation.rate_limits import limits_of
from community.moderation.screening import screen, screen_edit
from community.moderation.services import reviews
from tests.factories.forum import CategoryFactory, PostFactory, TopicFactory
from tests.factories.members import MemberFactory
from tests.factories.moderation import SanctionFactory

pytestmark = pytest.mark.django_db

EARLIER = timedelta(hours=1)


def newcomer(*, approved=1, **fields):
    """A new member whose first post was approved a while ago."""
    member = MemberFactory(**fields)
    for _ in range(approved):
        PostFactory(author=member, created_at=timezone.now() - EARLIER)
    return member


def judge(author, source="I have a question.", *, topic=None, category=None):
    return screen(author, category or CategoryFactory(), topic, source)


def test_screen_holds_the_first_post():
    verdict = judge(MemberFactory())

    assert (verdict.hold, verdict.sentence) == (
        True,
        "A moderator reviews your first post before it is published.",
    )


def test_screen_allows_the_next_post():
    assert judge(newcomer()) == ALLOW


def test_screen_holds_as_many_first_posts_as_the_policy_says():
    Policy.objects.create(pk=1, approve_first_posts=2)

    assert judge(newcomer()).hold


@pytest.mark.parametrize("fields", [{"role": "support"}, {"customer_since": "2026-01-01"}])
def test_screen_allows_staff_and_verified_customers(fields):
    assert (
        judge(MemberFactory(**fields), "See https://a.example https://b.example https://c.example") == ALLOW
    )


def test_screen_holds_every_post_where_the_category_does():
    verdict = judge(MemberFactory(customer_since="2026-01-01"), category=CategoryFactory(holds_posts=True))

    assert verdict.hold


def test_screen_does_not_hold_the_team_where_the_category_does():
    assert judge(MemberFactory(role="support"), category=CategoryFactory(holds_posts=True)) == ALLOW


def test_screen_refuses_a_blocked_word():
    BlockedWord.objects.create(phrase="casino", action="block")

    verdict = judge(newcomer(), "Visit my casino")

    assert (verdict.refuse, verdict.sentence) == (
        True,
        "“casino” is not allowed here. Please reword your post.",
    )


@pytest.mark.parametrize("tag", ["casino", "my-casino", "casino-royal"])
def test_blocked_word_is_refused_as_a_tag_too(tag):
    BlockedWord.objects.create(phrase="casino", action="block")

    with pytest.raises(Refused, match="casino"):
        topics.create(
            CategoryFactory(),
            author=MemberFactory(customer_since="2026-01-01"),
            kind="discussion",
            title="Where to go at night",
            source="Any ideas?",
            tags=["night", tag],
        )


def test_screen_holds_a_watched_word_even_of_customers():
    BlockedWord.objects.create(phrase="refund", action="hold")

    assert judge(MemberFactory(customer_since="2026-01-01"), "I want a refund").hold


def test_screen_publishes_a_word_that_is_only_flagged():
    BlockedWord.objects.create(phrase="rival", action="flag")

    assert judge(newcomer(), "The rival is better") == ALLOW


@pytest.mark.parametrize("kind", ["silence", "suspension"])
def test_screen_refuses_silenced_members(kind):
    sanction = SanctionFactory(kind=kind)

    verdict = judge(sanction.member)

    assert verdict.refuse
    assert verdict.sentence.startswith("You can read but not post at the moment.")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "https://a.example https://b.example https://c.example",
            "can have up to 2 links in a post. This one has 3.",
        ),
        (
            "![a](https://a.example/1.png) ![b](https://a.example/2.png)",
            "can have up to 1 image in a post. This one has 2.",
        ),
        ("[guide](/media/guide.pdf)", "cannot have attachments in a post yet. This one has 1."),
        ("@ada @bob @cleo, hello", "can have up to 2 mentions in a post. This one has 3."),
    ],
)
def test_screen_refuses_too_much_in_one_post(source, sentence):
    verdict = judge(newcomer(), source)

    assert verdict.refuse
    assert verdict.sentence == f"New members {sentence}"


@pytest.mark.parametrize(
    "source",
    [
        "https://a.example and https://b.example",
        "See [our own page](/c/help/) and [that](/t/1/) and [this](#x)",
        "![a](https://a.example/1.png)",
        "@ada and @bob",
        "`https://a.example` `https://b.example` `https://c.example`",
    ],
)
def test_screen_allows_posts_within_the_limits(source):
    assert judge(newcomer(), source) == ALLOW


def test_screen_refuses_the_fourth_topic_of_the_first_day():
    member = MemberFactory()
    for _ in range(3):
        TopicFactory(author=member, created_at=timezone.now() - EARLIER)

    with pytest.raises(RateLimited) as limited:
        judge(member)

    assert limited.value.sentence == (
        "New members can start 3 topics on their first day. You can start the next one in 24 hours."
    )
    assert limited.value.seconds == pytest.approx(86_400, abs=60)


def test_screen_counts_topics_on_the_first_day_only():
    member = MemberFactory(joined_at=timezone.now() - timedelta(days=2))
    for _ in range(3):
        TopicFactory(author=member, created_at=timezone.now() - EARLIER)

    assert judge(member) == ALLOW


def test_screen_refuses_the_eleventh_reply_of_the_first_day():
    Policy.objects.create(pk=1, new_until_posts=20)
    member = newcomer(approved=10)

    with pytest.raises(RateLimited) as limited:
        judge(member, topic=TopicFactory())

    assert limited.value.sentence == (
        "New members can post 10 replies on their first day. You can post the next one in 24 hours."
    )


def test_screen_refuses_the_fourth_reply_in_a_topic_of_someone_else():
    member, topic = MemberFactory(), TopicFactory()
    PostFactory.create_batch(3, topic=topic, author=member, created_at=timezone.now() - EARLIER)

    verdict = judge(member, topic=topic)

    assert verdict.refuse
    assert verdict.sentence == (
        "New members can post 3 replies in one topic. To add something, edit one of your replies."
    )


def test_screen_allows_replies_in_ones_own_topic():
    member = MemberFactory()
    topic = TopicFactory(author=member, created_at=timezone.now() - EARLIER)
    PostFactory.create_batch(3, topic=topic, author=member, created_at=timezone.now() - EARLIER)

    assert judge(member, topic=topic) == ALLOW


def test_screen_requires_30_seconds_between_posts(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    member = newcomer()
    PostFactory(author=member, created_at=timezone.now() - timedelta(seconds=20))

    with pytest.raises(RateLimited) as limited:
        judge(member)

    assert (limited.value.sentence, limited.value.seconds) == (
        "Please wait 10 seconds before your next post.",
        10,
    )


def test_limits_end_after_five_published_posts():
    assert limits_of(newcomer(approved=4)) is not None
    assert limits_of(newcomer(approved=5)) is None


def test_limits_are_shown_in_advance():
    sentences = limits_of(newcomer()).sentences(new_topic=True)

    assert sentences == [
        "You can start 3 more topics today.",
        "A post can have up to 2 links, 1 image and 2 mentions, but no attachments.",
        "These limits are for new members. They end once 4 more posts of yours are published.",
    ]


def test_limits_show_the_reached_limit_first():
    member = MemberFactory()
    for _ in range(3):
        TopicFactory(author=member, created_at=timezone.now() - EARLIER)

    sentences = limits_of(member).sentences(new_topic=True)

    assert sentences == [
        "New members can start 3 topics on their first day. You can start the next one in 24 hours.",
        "These limits are for new members. They end once 2 more posts of yours are published.",
    ]


def test_limits_of_a_reply_count_replies():
    sentences = limits_of(newcomer(), topic=TopicFactory()).sentences(new_topic=False)

    assert sentences[0] == "You can post 9 more replies today."


def test_a_held_post_is_queued_without_events():
    post = posts.create(TopicFactory(), author=MemberFactory(), source="Hello!")

    item = ReviewItem.objects.get()
    assert (post.status, item.kind, item.post) == (Post.Status.PENDING, "held", post)
    assert item.reason == "A moderator reviews your first post before it is published."
    assert not Event.objects.filter(name="reply.created").exists()


def test_a_held_topic_is_queued():
    topic = topics.create(
        CategoryFactory(), author=MemberFactory(), kind="discussion", title="Hello there", source="Hi"
    )

    assert (topic.status, ReviewItem.objects.get().post.topic) == ("pending", topic)


def test_a_held_posts_blocked_word_is_shown_to_moderators_only():
    BlockedWord.objects.create(phrase="refund", action="hold")
    member = MemberFactory(customer_since="2026-01-01")

    post = posts.create(TopicFactory(), author=member, source="I want a refund")

    assert ReviewItem.objects.get().reason == "Contains “refund”"
    assert post.status_reason == "A moderator will review this post before it is published."


def test_a_refused_post_is_not_written():
    BlockedWord.objects.create(phrase="casino", action="block")

    with pytest.raises(Refused, match="casino"):
        posts.create(TopicFactory(), author=newcomer(), source="My casino")

    assert not ReviewItem.objects.exists()


def test_later_posts_are_published_after_the_first_approval():
    member = MemberFactory()
    posts.create(TopicFactory(), author=member, source="Hello!")
    item = ReviewItem.objects.get()

    reviews.decide(
        item, actor=MemberFactory(role="moderator"), version=item.version, decision=reviews.Decision("keep")
    )

    Post.objects.update(created_at=timezone.now() - EARLIER)
    assert judge(member) == ALLOW


def test_an_edit_cannot_add_blocked_words(client):
    BlockedWord.objects.create(phrase="casino", action="block")
    author = newcomer()
    post = PostFactory(author=author, source="A harmless first version of it.")
    client.force_login(author)

    refused = client.post(f"/posts/{post.pk}/edit/", {"source": "Visit my casino every day.", "reason": ""})

    post.refresh_from_db()
    assert refused.status_code == 422
    assert "“casino” is not allowed here." in refused.text
    assert "Visit my casino every day." in refused.text
    assert post.source == "A harmless first version of it."


def test_an_edit_respects_the_limits_for_new_members():
    links = " ".join(f"https://{letter}.example" for letter in "abcdefgh")

    assert "New members can have up to 2 links" in screen_edit(newcomer(), "No links.", links).sentence
    assert screen_edit(newcomer(), links, f"{links} and a word") == ALLOW
    assert screen_edit(MemberFactory(role="support"), "No links.", links) == ALLOW


def test_an_edit_may_keep_an_existing_blocked_word():
    BlockedWord.objects.create(phrase="casino", action="block")

    assert screen_edit(newcomer(), "My casino", "My casino, again") == ALLOW
