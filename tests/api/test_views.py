"""The API's two endpoints: authentication, validation and responses."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from community.api.models import ApiToken, EventKey, QuarantinedEvent, WaitingEvent
from community.api.services.parsers import NOBODY
from community.core import currencies
from community.events.models import Event
from tests.api.conftest import event, purchase, statuses
from tests.factories.api import confirm_address, make_token
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db


def a_member() -> dict[str, str]:
    """Return the email address of a new member, as sent in API calls."""
    member = MemberFactory()
    confirm_address(member)
    return {"email": member.email}


CALLS = [
    ("purchases", {"purchases": [purchase()]}, ApiToken.Scope.EVENTS, ApiToken.Scope.PURCHASES),
    ("events", {"events": [event()]}, ApiToken.Scope.PURCHASES, ApiToken.Scope.EVENTS),
]


@pytest.mark.parametrize(("path", "body", "wrong", "right"), CALLS)
class TestWhoMayCall:
    def test_without_a_token(self, path, body, wrong, right):
        response = Client().post(f"/api/v1/{path}", body, content_type="application/json")

        assert response.status_code == 401
        assert response.json() == {
            "detail": "The token is missing or invalid. Send one in the header: Authorization: Bearer caravan_…"
        }
        assert response["WWW-Authenticate"] == "Bearer"

    def test_with_a_wrong_token(self, call, path, body, wrong, right):
        status, _ = call(path, body, secret="caravan_" + "x" * 43)

        assert status == 401

    def test_with_the_wrong_scope(self, call, path, body, wrong, right):
        status, answer = call(path, body, secret=make_token(wrong)[1])

        assert (status, answer) == (403, {"detail": f"This token does not have the {right.value} scope."})

    def test_with_the_right_scope(self, call, path, body, wrong, right):
        status, answer = call(path, body, secret=make_token(right)[1])

        assert (status, statuses(answer)) == (200, ["accepted"])

    def test_with_a_revoked_token(self, call, path, body, wrong, right):
        token, secret = make_token(right)
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())

        assert call(path, body, secret=secret)[0] == 401

    def test_with_an_expired_token(self, call, path, body, wrong, right):
        _, secret = make_token(right, expires_at=timezone.now())

        assert call(path, body, secret=secret)[0] == 401

    def test_by_a_logged_in_manager_without_a_token(self, path, body, wrong, right):
        client = Client()
        client.force_login(MemberFactory(role="manager"))

        assert client.post(f"/api/v1/{path}", body, content_type="application/json").status_code == 401

    def test_with_get(self, path, body, wrong, right):
        assert Client().get(f"/api/v1/{path}").status_code == 405


@pytest.mark.parametrize(("path", "name"), [("purchases", "purchases"), ("events", "events")])
class TestWhatIsSent:
    def test_bad_json(self, call, path, name):
        status, answer = call(path, '{"purchases": [', raw=True)

        assert (status, answer["detail"]) == (400, "Cannot parse request body")

    def test_another_shape(self, call, path, name):
        status, answer = call(path, {"things": []})

        assert (status, answer["detail"]) == (422, f"{name}: Field required.")

    def test_no_list(self, call, path, name):
        status, answer = call(path, {name: "many"})

        assert (status, answer["detail"]) == (422, f"{name}: Input should be a valid list.")

    def test_no_items(self, call, path, name):
        assert call(path, {name: []}) == (200, {"results": []})

    def test_too_many_items(self, call, path, name):
        status, answer = call(path, {name: [{}] * 501})

        assert (status, answer["detail"]) == (413, "Send at most 500 items per request. This one has 501.")

    def test_the_most_items(self, call, path, name):
        status, answer = call(path, {name: [{}] * 500})

        assert (status, len(answer["results"])) == (200, 500)

    def test_too_large_a_body(self, call, settings, path, name):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        status, answer = call(path, {name: ["x" * 2000]})

        assert (status, answer["detail"]) == (
            413,
            "The request body is too large. Send fewer items per request.",
        )

    @pytest.mark.parametrize("item", [None, 1, "x", [], {}, {"id": {}}, {"external_id": None}])
    def test_items_of_the_wrong_kind_are_rejected_one_by_one(self, call, path, name, item):
        good = purchase() if path == "purchases" else event()

        status, answer = call(path, {name: [item, good]})

        assert (status, statuses(answer)) == (200, ["rejected", "accepted"])


def test_rate_limit_sets_retry_after(call):
    _, secret = make_token(calls_a_minute=2)
    body = {"events": []}

    codes = [call("events", body, secret=secret)[0] for _ in range(2)]
    response = Client().post(
        "/api/v1/events", body, content_type="application/json", headers={"authorization": f"Bearer {secret}"}
    )

    assert codes == [200, 200]
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert response.json()["detail"].startswith("Too many requests. Try again in ")


def test_rate_limit_is_per_token(call):
    _, slow = make_token(calls_a_minute=1)
    call("events", {"events": []}, secret=slow)

    assert call("events", {"events": []}, secret=slow)[0] == 429
    assert call("events", {"events": []}, secret=make_token(source="other")[1])[0] == 200


def test_last_use_is_recorded(call):
    token, secret = make_token()

    call("events", {"events": []}, secret=secret)

    token.refresh_from_db()
    assert token.last_used_at is not None


def test_purchase_of_a_member_becomes_an_event(call):
    buyer = MemberFactory()
    confirm_address(buyer)

    status, answer = call(
        "purchases", {"purchases": [purchase(products=["Machine"], buyer={"email": buyer.email.upper()})]}
    )

    assert (status, answer) == (
        200,
        {"results": [{"index": 0, "id": "order-1", "status": "accepted", "reason": ""}]},
    )
    found = Event.objects.get(name="purchase.completed")
    assert (found.member, found.value_cents, found.currency) == (buyer, 12900, "EUR")
    assert (found.channel, found.source, found.actor_role, found.actor) == ("billing", "crm", "api", None)
    assert found.props == {"external_id": "order-1", "products": ["Machine"]}
    assert found.occurred_at.isoformat() == "2026-03-01T12:00:00+00:00"


def test_purchase_of_an_unknown_person_waits(call):
    _, answer = call("purchases", {"purchases": [purchase(buyer={"email": "new@example.com"})]})

    assert answer["results"][0]["status"] == "accepted"
    assert (
        answer["results"][0]["reason"]
        == "No member or company matches yet. This will be applied once one does."
    )
    assert WaitingEvent.objects.waiting().get().email == "new@example.com"
    assert not Event.objects.filter(name="purchase.completed").exists()


def test_same_purchase_again_is_a_duplicate(call):
    body = {"purchases": [purchase()]}

    answers = [statuses(call("purchases", body, secret=secret)[1]) for secret in [make_token()[1]] * 3]

    assert answers == [["accepted"], ["duplicate"], ["duplicate"]]
    assert EventKey.objects.count() == WaitingEvent.objects.count() == 1


def test_same_purchase_in_another_format_is_a_duplicate(call):
    _, secret = make_token()
    call("purchases", {"purchases": [purchase()]}, secret=secret)

    again = purchase(amount=129, occurred_at="2026-03-01T13:00:00+01:00", currency="eur", products=[])

    assert statuses(call("purchases", {"purchases": [again]}, secret=secret)[1]) == ["duplicate"]


def test_other_content_under_the_same_id_is_a_conflict(call):
    _, secret = make_token()
    buyer = a_member()
    call("purchases", {"purchases": [purchase(buyer=buyer)]}, secret=secret)

    _, answer = call("purchases", {"purchases": [purchase(amount="1.00", buyer=buyer)]}, secret=secret)

    assert answer["results"][0] == {
        "index": 0,
        "id": "order-1",
        "status": "conflict",
        "reason": "This ID was already recorded with different content. The first version counts unless you send "
        "this one as a correction or a manager releases it from quarantine.",
    }
    assert QuarantinedEvent.objects.get().item["value_cents"] == 100
    assert Event.objects.get(name="purchase.completed").value_cents == 12900


def test_the_same_conflict_again_is_shown_once(call):
    _, secret = make_token()
    buyer = a_member()
    call("purchases", {"purchases": [purchase(buyer=buyer)]}, secret=secret)

    for _ in range(2):
        call("purchases", {"purchases": [purchase(amount="1.00", buyer=buyer)]}, secret=secret)

    assert QuarantinedEvent.objects.count() == 1


def test_duplicates_and_conflicts_within_one_call(call):
    _, answer = call("purchases", {"purchases": [purchase(), purchase(), purchase(amount="5"), purchase(2)]})

    assert statuses(answer) == ["accepted", "duplicate", "conflict", "accepted"]
    assert WaitingEvent.objects.count() == 2


def test_ids_of_two_sources_never_collide(call):
    for source in ("crm", "shop"):
        _, answer = call("purchases", {"purchases": [purchase()]}, secret=make_token(source=source)[1])
        assert statuses(answer) == ["accepted"]

    assert EventKey.objects.count() == 2


def test_a_purchase_and_an_event_with_one_id_never_collide(call):
    _, secret = make_token()

    call("purchases", {"purchases": [purchase(external_id="7")]}, secret=secret)
    _, answer = call("events", {"events": [event(id="7")]}, secret=secret)

    assert statuses(answer) == ["accepted"]


NO_NUMBER = "amount: This is not a number; use a decimal point, such as 549.00"
NO_CURRENCY = "currency: This is not a currency; use an ISO 4217 code, such as EUR"
NO_TIME = "occurred_at: This is not a valid time; write it like 2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"amount": "-5"},
            'amount: Amounts cannot be negative; send refunds as purchase.refunded events (got "-5")',
        ),
        ({"amount": "1.234"}, "amount: Amounts in EUR have at most 2 decimals (got 1.234)"),
        ({"amount": "1.2345"}, 'amount: This has too many decimal places (got "1.2345")'),
        ({"amount": "NaN"}, f'{NO_NUMBER} (got "NaN")'),
        ({"amount": "Infinity"}, f'{NO_NUMBER} (got "Infinity")'),
        ({"amount": "1_000"}, f'{NO_NUMBER} (got "1_000")'),
        ({"amount": "１２"}, f'{NO_NUMBER} (got "１２")'),
        ({"amount": "1e15"}, 'amount: This is too large for an amount (got "1e15")'),
        ({"amount": True}, f"{NO_NUMBER} (got true)"),
        ({"amount": "0.5", "currency": "JPY"}, "amount: Amounts in JPY have no decimals (got 0.5)"),
        ({"currency": "euros"}, f'{NO_CURRENCY} (got "euros")'),
        ({"currency": "XYZ"}, f'{NO_CURRENCY} (got "XYZ")'),
        (
            {"occurred_at": "2026-03-01T12:00:00"},
            "occurred_at: The time zone is missing; write it like 2026-03-01T12:00:00Z "
            '(got "2026-03-01T12:00:00")',
        ),
        ({"occurred_at": 1772366400}, f"{NO_TIME} (got 1772366400)"),
        ({"occurred_at": "20260301"}, f'{NO_TIME} (got "20260301")'),
        (
            {"occurred_at": "1969-12-31T23:59:59Z"},
            'occurred_at: This is before 1970; correct the year (got "1969-12-31T23:59:59Z")',
        ),
        (
            {"occurred_at": "2199-01-01T00:00:00Z"},
            "occurred_at: This is in the future; send only what has already happened "
            '(got "2199-01-01T00:00:00Z")',
        ),
        ({"external_id": "  "}, "external_id: This is missing"),
        ({"buyer": {"email": "nobody"}}, 'buyer.email: This is not a valid email address (got "nobody")'),
        ({"buyer": {}}, f"buyer: {NOBODY}"),
        ({"surprise": 1}, "surprise: This field does not exist"),
        (
            {"status": "refunded"},
            'status: "refunded" means both a purchase and a refund. Send the purchase with the status "paid", and the refund '
            "as a purchase.refunded event to /api/v1/events.",
        ),
        ({"status": "Cancelled"}, 'status: "Cancelled" is not paid. Send the order once it is paid.'),
        ({"status": "shiny"}, None),
        ({"correction": "yes"}, None),
        ({"external_id": "a\x00b"}, None),
    ],
)
def test_invalid_purchases_are_rejected(call, fields, reason):
    _, answer = call("purchases", {"purchases": [purchase(**fields)]})

    assert statuses(answer) == ["rejected"]
    if reason:
        assert answer["results"][0]["reason"] == reason
    assert not EventKey.objects.exists()


def test_a_rejected_purchase_can_be_corrected(call):
    _, secret = make_token()
    call("purchases", {"purchases": [purchase(amount="-5")]}, secret=secret)

    assert statuses(call("purchases", {"purchases": [purchase()]}, secret=secret)[1]) == ["accepted"]


def test_events_with_unknown_names_are_quarantined(call):
    _, answer = call("events", {"events": [event(name="moon.landed")]})

    assert statuses(answer) == ["quarantined"]
    assert answer["results"][0]["reason"] == (
        "moon.landed is not an event that external systems can send. GET /api/v1/event-kinds lists them."
    )
    assert QuarantinedEvent.objects.get().why == "quarantined"
    assert not EventKey.objects.exists()


@pytest.mark.parametrize(
    "name", ["answer.accepted", "stage.entered", "badge.earned", "event.retracted", "topic.created"]
)
def test_events_of_the_site_itself_cannot_be_sent(call, name):
    _, answer = call("events", {"events": [event(name=name)]})

    assert statuses(answer) == ["quarantined"]
    assert not Event.objects.filter(name=name).exists()


def test_old_events_are_quarantined(call):
    _, answer = call("events", {"events": [event(occurred_at="1999-12-31T23:59:59Z")]})

    assert answer["results"][0]["reason"] == "The date is more than ten years ago. Is it correct?"


def test_events_from_a_fast_clock_are_set_to_now(call):
    soon = (timezone.now() + timedelta(hours=3)).isoformat()

    _, answer = call("events", {"events": [event(occurred_at=soon, member=a_member())]})

    assert answer["results"][0]["status"] == "accepted"
    assert answer["results"][0]["reason"] == "The time was in the future, so it was set to now."
    assert Event.objects.get(name="call.logged").occurred_at < timezone.now() + timedelta(hours=1)


def test_event_payloads_must_fit_the_catalogue(call):
    _, answer = call(
        "events", {"events": [event(props={"minutes": "ten"}), event(2, props={"mood": "good"})]}
    )

    assert statuses(answer) == ["rejected", "rejected"]
    assert [result["reason"] for result in answer["results"]] == [
        'call.logged: minutes: "ten" is not valid. Send a whole number, without quotes or decimals.',
        "call.logged: mood: There is no such property. The properties are: direction, minutes, note.",
    ]


def test_events_about_nobody_are_rejected(call):
    _, answer = call("events", {"events": [event(member={}), event(2, member={}, account={})]})

    assert [result["reason"] for result in answer["results"]] == [f"member: {NOBODY}"] * 2


def test_a_partial_refund_needs_its_amount(call):
    refund = event(name="purchase.refunded", props={"external_id": "order-1", "full": False})

    _, answer = call("events", {"events": [refund, {**refund, "value": {"amount": 5, "currency": "EUR"}}]})

    assert statuses(answer) == ["rejected", "accepted"]
    assert answer["results"][0]["reason"] == "value: Send the amount refunded, or full: true."


def test_currencies_have_their_own_decimals(call):
    items = [
        purchase(1, amount="49.905", currency="KWD", buyer=a_member()),
        purchase(2, amount="5000", currency="JPY", buyer=a_member()),
    ]

    _, answer = call("purchases", {"purchases": items})

    assert statuses(answer) == ["accepted", "accepted"]
    events = Event.objects.filter(name="purchase.completed").order_by("currency")
    assert [currencies.formatted(event.value_cents, event.currency) for event in events] == [
        "5,000 JPY",
        "49.905 KWD",
    ]


def test_commercial_events_need_the_scope_of_purchases(call):
    refund = event(name="purchase.refunded", props={"external_id": "order-1", "full": True})

    _, refused = call("events", {"events": [refund]}, secret=make_token(ApiToken.Scope.EVENTS)[1])
    _, taken = call("events", {"events": [refund]}, secret=make_token()[1])

    assert (
        refused["results"][0]["reason"]
        == "purchase.refunded requires a token with the purchases:write scope."
    )
    assert statuses(taken) == ["accepted"]


def test_a_call_costs_the_same_queries_for_one_and_fifty(call, django_assert_max_num_queries):
    buyer = MemberFactory()
    confirm_address(buyer)
    _, secret = make_token()
    call("purchases", {"purchases": [purchase("warm", buyer={"email": buyer.email})]}, secret=secret)

    for name, count in (("a", 1), ("b", 50)):
        items = [purchase(f"{name}{n}", buyer={"email": buyer.email}) for n in range(count)]
        with django_assert_max_num_queries(24):
            call("purchases", {"purchases": items}, secret=secret)


def test_docs_page_works_under_the_content_security_policy():
    response = Client().get("/api/v1/docs")

    html = response.content.decode()
    assert response.status_code == 200
    assert "https://" not in html
    assert all('type="application/json"' in tag or "src=" in tag for tag in _tags(html, "<script"))
    assert "style=" not in html
    assert "<style" not in html


def test_openapi_describes_the_items():
    shape = Client().get("/api/v1/openapi.json").json()

    items = shape["components"]["schemas"]["PurchasesIn"]["properties"]["purchases"]
    assert items["maxItems"] == 500
    assert set(items["items"]["required"]) == {"external_id", "occurred_at", "amount", "currency"}
    assert items["items"]["properties"]["buyer"]["properties"].keys() == {"external_id", "email"}


def _tags(html: str, beginning: str) -> list[str]:
    return [part.partition(">")[0] for part in html.split(beginning)[1:]]
