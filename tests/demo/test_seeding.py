"""The whole demo, once: it takes a while, so one test looks at all that must come out of it."""

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import F

from advocacy.models import Score
from community.badges.models import Award
from community.badges.services.catalogue import sync_badges
from community.events.models import DeadLetter, Event
from community.forum.models import Category, Post, Topic
from community.members.models import Company, Member
from community.moderation.models import ReviewItem
from community.notifications.models import Notification
from community.prospects.models import DeskQuestion
from journeys.models import MemberState


def test_seed_demo_refuses_where_others_can_reach_the_site(monkeypatch):
    monkeypatch.delenv("CARAVAN_DATA", raising=False)

    with pytest.raises(CommandError) as refusal:
        call_command("seed_demo")

    assert "--yes-this-is-a-demo" in str(refusal.value)


def numbers() -> dict[str, int]:
    models = (Member, Topic, Post, Event, Award, MemberState, Notification, ReviewItem)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db(transaction=True)
def test_seed_demo_makes_a_community_with_something_to_do_for_everybody(capsys):
    sync_badges()
    call_command("seed_demo", "--yes-this-is-a-demo")
    first = numbers()
    call_command("seed_demo", "--yes-this-is-a-demo")

    assert numbers() == first
    told = capsys.readouterr().out
    assert "The demo is complete: 61 people, 81 topics." in told
    assert "The demo already exists." in told
    assert DeadLetter.objects.count() == 0
    check_people()
    check_stages()
    check_work()


def check_people() -> None:
    assert Member.objects.count() >= 60
    assert not Member.objects.filter(last_seen_at__lt=F("joined_at")).exists()
    assert not Member.objects.filter(guidelines_accepted_at__lt=F("guidelines__published_at")).exists()
    assert Company.objects.count() == 5
    assert Category.objects.count() == 8
    assert set(Member.objects.exclude(role="").values_list("role", flat=True)) == set(Member.Role.values)
    for name in ("manager", "sales", "prospect", "customer"):
        assert authenticate(username=f"{name}@demo.example", password="caravan-demo") is not None


def check_stages() -> None:
    stages = set(MemberState.objects.values_list("shown_stage", flat=True))
    assert {"discovery", "engagement", "relationship"} <= stages
    subs = set(MemberState.objects.values_list("sub_stage", flat=True))
    assert {"evaluating", "exploring", "win_back", "adoption", "retention", "advocacy", "dormant"} <= subs
    assert MemberState.objects.get(member__username="greta").at_risk
    assert Score.objects.get(member__username="bea").band == "champion"


def check_work() -> None:
    desk = DeskQuestion.objects.filter(state=DeskQuestion.State.OPEN)
    assert desk.count() >= 3
    assert desk.filter(topic__author__email="prospect@demo.example").exists()
    assert ReviewItem.objects.open().count() >= 3
    own = Topic.objects.filter(author__email="customer@demo.example", kind=Topic.Kind.QUESTION)
    assert own.filter(is_solved=False, reply_count__gt=0).exists()
    # What is told is what happened of late; the past floods nobody.
    assert 0 < Notification.objects.count() < 60
