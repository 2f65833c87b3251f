from datetime import date, timedelta

from advocacy.engine.caps import NO_PEERS, Day, Peers, admit, count_quarter, partners_of, quarter_of

from .acts import ME, TODAY, did, score, scored

VOTES = "helpful_vote.received"
STAFF, FRIEND = 7, 8


def capped(*facts, peers=NO_PEERS):
    return scored(*facts, peers=peers).explanation["capped"]


def test_votes_for_oneself_are_dropped():
    assert score(did(VOTES, 3, to={ME: 2, 5: 1})) == score(did(VOTES))
    assert capped(did(VOTES, 3, to={ME: 2, 5: 1})) == [{"kind": VOTES, "why": "self", "n": 2}]


def test_votes_by_staff_are_dropped():
    peers = Peers(staff=frozenset({STAFF}))

    assert scored(did(VOTES, 1, to={STAFF: 1}), peers=peers) is None
    assert capped(did(VOTES, 2, to={STAFF: 1, 5: 1}), peers=peers) == [
        {"kind": VOTES, "why": "staff", "n": 1}
    ]


def test_an_answer_that_staff_accepted_counts():
    assert score(did("answer.accepted", to={STAFF: 1}), peers=Peers(staff=frozenset({STAFF}))) > 0


def test_a_friend_of_the_team_counts():
    peers = Peers(staff=frozenset({STAFF}))

    assert capped(did("referral.purchased", to={STAFF: 1}), peers=peers) == []


def test_friends_without_a_company_are_not_colleagues():
    assert capped(did("referral.purchased", to={FRIEND: 1})) == []


def test_referral_within_the_same_company_is_dropped():
    peers = Peers(companies={ME: [(date.min, 3)], FRIEND: [(date.min, 3)]})

    assert scored(did("referral.purchased", to={FRIEND: 1}), peers=peers) is None
    assert score(did("referral.purchased", to={9: 1}), peers=peers) > 0
    assert score(did("answer.accepted", to={FRIEND: 1}), peers=peers) > 0


def test_company_at_the_time_of_the_referral_decides():
    joined, left = TODAY - timedelta(days=20), TODAY - timedelta(days=10)
    peers = Peers(companies={ME: [(date.min, 3)], FRIEND: [(joined, 3), (left, 4)]})

    def refused(ago):
        return capped(did("referral.purchased", to={FRIEND: 1}, ago=ago), did("reply.created"), peers=peers)

    assert [bool(refused(ago)) for ago in (21, 20, 11, 10)] == [False, True, True, False]


def test_latest_three_of_a_pair_count_in_a_quarter():
    votes = [did(VOTES, ago=ago, to={5: 1}) for ago in range(50, 60)]

    assert score(*votes) == score(*votes[:3])
    assert capped(*votes) == [{"kind": VOTES, "why": "pair", "n": 7}]


def test_pair_cap_starts_again_with_the_quarter():
    july, june = did(VOTES, 3, ago=62, to={5: 3}), did(VOTES, 3, ago=63, to={5: 3})

    assert quarter_of(july.day) == quarter_of(june.day) + 1
    assert capped(july, june) == []


def test_pair_cap_is_per_kind():
    facts = [did(VOTES, 3, to={5: 3}), did("answer.accepted", 3, to={5: 3})]

    assert capped(*facts) == []


def test_acts_without_a_partner_have_no_pair_cap():
    assert capped(did(VOTES, 10)) == []


def test_day_cap_is_reported():
    assert capped(did("reply.created", 14)) == [{"kind": "reply.created", "why": "day", "n": 4}]


def test_acts_beyond_the_day_cap_do_not_use_up_the_pair_cap():
    """Adding a vote on a day at its cap must not displace an older one."""
    full = dict.fromkeys(range(10, 20), 1)
    before = {0: Day(dict(full)), -5: Day({5: 3})}
    after = {0: Day({**full, 5: 1}), -5: Day({5: 3})}

    assert count_quarter(VOTES, before)[0] == {0: 10, -5: 3}
    assert count_quarter(VOTES, after)[0] == {0: 10, -5: 3}


def test_pair_caps_are_shared_between_days_so_that_more_acts_count():
    """Both days reach their cap only if the later one leaves partner 5 to the earlier."""
    days = {1: Day({5: 3, 6: 3, 7: 3, 8: 3, 9: 3}), 0: Day({5: 3})}

    counted, dropped = count_quarter(VOTES, days)

    assert counted == {1: 10, 0: 3}
    assert dropped == {"day": 5}


def test_admit_keeps_those_without_a_partner():
    day, dropped = admit(did(VOTES, 5, to={ME: 1, 5: 2}), ME, Peers())

    assert (day.alone, day.pairs, day.n) == (2, {"5": 2}, 4)
    assert dropped == {"self": 1}


def test_partners_are_only_loaded_where_they_matter():
    facts = [did(VOTES, to={5: 1}), did("referral.registered", to={6: 1}), did("answer.accepted", to={7: 1})]

    assert partners_of(facts, {VOTES, "referral.registered"}) == {5, 6}
    assert partners_of([did("reply.created")], {"reply.created"}) == set()


def test_acts_beyond_the_horizon_are_not_reported_as_capped():
    old = did("reply.created", 30, ago=600)

    assert capped(did("reply.created"), old) == []
    assert old.day < TODAY


def test_capped_acts_of_a_quarter_that_is_partly_within_the_horizon_are_reported():
    last = did(VOTES, ago=450, to={5: 1})
    before = [did(VOTES, ago=ago, to={5: 1}) for ago in (451, 452, 453)]

    assert capped(*before, last) == [{"kind": VOTES, "why": "pair", "n": 1}]
