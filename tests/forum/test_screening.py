"""Screeners and listeners named in the settings."""

import pytest

from community.core.permissions import Refused
from community.forum import screening
from community.forum.models import Post
from community.forum.screening import ALLOW, Verdict
from community.forum.services import posts
from tests.factories.forum import CategoryFactory, TopicFactory
from tests.factories.members import MemberFactory

from . import screeners

pytestmark = pytest.mark.django_db

ALLOWS, HOLDS, REFUSES = (f"tests.forum.screeners.{name}" for name in ("allow", "hold", "refuse"))
HEARS = "tests.forum.screeners.hear"


def judged(settings, *paths, role="", **category):
    settings.POST_SCREENERS = list(paths)
    return screening.judge(MemberFactory(role=role), CategoryFactory(**category), None, "Hello!")


def test_without_screeners_everything_is_allowed(settings):
    assert judged(settings) == ALLOW


@pytest.mark.parametrize("paths", [(ALLOWS, HOLDS), (HOLDS, ALLOWS)])
def test_one_screener_that_holds_is_enough(settings, paths):
    assert judged(settings, *paths) == Verdict(hold=True, sentence="hold it")


@pytest.mark.parametrize("paths", [(HOLDS, REFUSES), (REFUSES, HOLDS, ALLOWS)])
def test_one_screener_that_refuses_is_enough(settings, paths):
    with pytest.raises(Refused, match="refuse it"):
        judged(settings, *paths)


def test_a_category_holds_what_screeners_allow_but_not_the_team(settings):
    assert judged(settings, ALLOWS, holds_posts=True).hold
    assert not judged(settings, ALLOWS, role="support", holds_posts=True).hold


def test_the_strictest_verdict_on_an_edit_wins(settings):
    settings.EDIT_SCREENERS = [HOLDS, REFUSES, ALLOWS]

    verdict = screening.judge_edit(MemberFactory(), "before", "after")

    assert verdict == Verdict(refuse=True, sentence="refuse it")


def test_listeners_get_a_held_post_and_the_reason(settings, monkeypatch):
    monkeypatch.setattr(screeners, "heard", [])
    settings.POST_SCREENERS, settings.HELD_POST_LISTENERS = [HOLDS], [HEARS]

    post = posts.create(TopicFactory(), author=MemberFactory(), source="Hello!")

    assert post.status == Post.Status.PENDING
    assert screeners.heard == [(post, "hold it")]
