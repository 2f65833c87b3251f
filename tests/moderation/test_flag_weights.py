from decimal import Decimal

import pytest

from community.moderation.flag_weights import accuracy_bonus, weigh
from community.moderation.models import Flag, Reason
from tests.factories.members import MemberFactory
from tests.factories.moderation import FlagFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("upheld", "declined", "bonus"),
    [
        (0, 0, "0"),
        (5, 0, "0"),  # too few decided flags
        (0, 5, "0"),
        (7, 3, "0"),  # exactly the expected share
        (6, 0, "1.29"),  # log4(6)
        (16, 0, "2"),  # log4(16)
        (5, 1, "0.57"),  # (0.8333 - 0.7) / 0.3 * log4(6)
        (0, 6, "-1.29"),
        (0, 64, "-3"),
        (35, 65, "-1.66"),  # halfway from 70 % to 0 %, log4(100) = 3.32
    ],
)
def test_accuracy_bonus_follows_the_upheld_share(upheld, declined, bonus):
    assert accuracy_bonus(upheld=upheld, declined=declined) == Decimal(bonus)


def test_weigh_of_a_new_member_is_1():
    weight = weigh(MemberFactory(), reason=Reason.SPAM)

    assert (weight.base, weight.trust, weight.total) == (1, 0, 1)


def test_weigh_adds_trust_and_accuracy():
    member = MemberFactory(customer_since="2026-01-01")
    FlagFactory.create_batch(5, member=member, status=Flag.Status.UPHELD)
    FlagFactory(member=member, status=Flag.Status.DECLINED)

    weight = weigh(member, reason=Reason.SPAM)

    assert (weight.base, weight.trust, weight.accuracy) == (1, 2, Decimal("0.57"))
    assert weight.total == Decimal("3.57")


def test_weigh_ignores_open_flags():
    member = MemberFactory()
    FlagFactory.create_batch(8, member=member)

    assert weigh(member, reason=Reason.SPAM).accuracy == 0


def test_weigh_adds_urgency_for_illegal_content():
    assert weigh(MemberFactory(), reason=Reason.ILLEGAL).total == 3


def test_weigh_with_take_action_hides_alone():
    weight = weigh(MemberFactory(role="moderator"), reason=Reason.SPAM, take_action=True)

    assert (weight.trust, weight.take_action, weight.total) == (5, 5, 11)


def test_weigh_is_never_below_zero():
    member = MemberFactory()
    FlagFactory.create_batch(20, member=member, status=Flag.Status.DECLINED)

    weight = weigh(member, reason=Reason.SPAM)

    assert weight.accuracy == Decimal("-2.16")
    assert weight.total == 0


def test_flag_arithmetic_names_its_parts():
    flag = FlagFactory.build(
        base=Decimal("1.00"),
        trust=Decimal(2),
        accuracy=Decimal("0.40"),
        weight=Decimal("3.40"),
        member=None,
        post=None,
    )

    assert flag.arithmetic == "1 + 2 trust + 0.4 accuracy = 3.4"


def test_flag_arithmetic_shows_deductions():
    flag = FlagFactory.build(
        base=Decimal(1), accuracy=Decimal("-1.29"), weight=Decimal(0), member=None, post=None
    )

    assert flag.arithmetic == "1 − 1.29 accuracy = 0"


def test_flag_arithmetic_of_ten_has_no_exponent():
    flag = FlagFactory.build(
        base=Decimal(1),
        trust=Decimal(4),
        take_action=Decimal(5),
        weight=Decimal("10.00"),
        member=None,
        post=None,
    )

    assert flag.arithmetic == "1 + 4 trust + 5 take action = 10"


def test_flag_arithmetic_of_one_part_is_a_number():
    flag = FlagFactory.build(base=Decimal("1.00"), weight=Decimal("1.00"), member=None, post=None)

    assert flag.arithmetic == "1"
