import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from community.api.management.commands.import_purchases import Command
from community.api.models import EventKey, PurchaseFile, QuarantinedEvent, WaitingEvent
from community.api.services.purchase_files import columns
from community.events.models import Event
from tests.factories.api import confirm_address
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
NOTHING_ELSE = "updated: 0, duplicates: 0, conflicts: 0, quarantined: 0, rejected: 0"
HEADER = "external_id,occurred_at,amount,currency,buyer_email"


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def test_import_purchases_imports_every_row(run):
    buyer = MemberFactory()
    confirm_address(buyer)

    out = run(
        lines(f"1,2026-03-01,129.00,EUR,{buyer.email}", "2,2026-03-02T10:00:00+01:00,5,usd,new@example.com")
    )

    assert out.splitlines() == [
        "Read as a file with our column names (by its columns), in UTF-8, separated by commas; IDs belong to the source "
        "“csv”.",
        "Columns: external_id is the order ID; occurred_at is the date; amount is the amount; currency is the currency; "
        "buyer_email is the email address of the buyer.",
        "Ignored columns: none.",
        "There is no status column, so every row counts as paid.",
        f"New: 2 (1 of them unmatched), {NOTHING_ELSE}.",
    ]
    bought = Event.objects.get(name="purchase.completed")
    assert (bought.member, bought.value_cents, bought.currency, bought.source) == (buyer, 12900, "EUR", "csv")
    assert WaitingEvent.objects.get().occurred_at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_import_purchases_dry_run_counts_and_writes_nothing(run):
    run(lines("1,2026-03-01,10,EUR,a@example.com"))

    out = run(
        lines(
            "1,2026-03-01,10,EUR,a@example.com",
            "1,2026-03-01,11,EUR,a@example.com",
            "2,2026-03-01,10,EUR,a@example.com",
            "2,2026-03-01,10,EUR,a@example.com",
            "2,2026-03-01,99,EUR,a@example.com",
            "3,yesterday,10,EUR,a@example.com",
        ),
        "--dry-run",
        name="other.csv",
    )

    assert (
        "Would be new: 1 (1 of them unmatched), updated: 0, duplicates: 2, conflicts: 0, quarantined: 0, rejected: 3.\n"
    ) in out
    assert "Line 3: rejected: order 1 is also on line 2, but amount is “11” here and “10” there." in out
    assert "Line 7: rejected: occurred_at: “yesterday” is not a valid date; write it like" in out
    assert EventKey.objects.count() == PurchaseFile.objects.count() == 1


def test_import_purchases_dry_run_detects_duplicates_across_batches(run):
    rows = [f"{n},2026-03-01,10,EUR,a@example.com" for n in range(600)]

    out = run(lines(*rows, rows[0], "1,2026-03-01,99,EUR,a@example.com"), "--dry-run")

    assert "Would be new: 600 (600 of them unmatched), updated: 0, duplicates: 1, conflicts: 0," in out


def test_import_purchases_is_idempotent(run):
    content = lines("1,2026-03-01,10,EUR,a@example.com")
    run(content)

    out = run(content)

    assert out.splitlines()[0].startswith("This file was already imported on ")
    assert "New: 0 (0 of them unmatched), updated: 0, duplicates: 1," in out
    assert EventKey.objects.count() == 1


def test_import_purchases_shares_ids_with_the_api_by_source(run):
    content = lines("1,2026-03-01,10,EUR,a@example.com")
    run(content, "--source", "crm")

    assert "New: 0 (0 of them unmatched), updated: 0, duplicates: 1," in run(content, "--source", "crm")
    assert "New: 1 " in run(content)


def test_import_purchases_records_the_file(run):
    run(lines("1,2026-03-01,10,EUR,a@example.com"))

    kept = PurchaseFile.objects.get()
    assert (kept.name, kept.source, kept.counts) == ("orders.csv", "csv", {"accepted": 1, "unmatched": 1})
    assert len(kept.sha256) == 64


@pytest.mark.parametrize(
    "content",
    [
        "Order ID;Date;Total;Currency;E-mail\n1;2026-03-01;10.50;EUR;a@example.com\n",
        "\ufefforder_id\tdate\ttotal\tcurrency\temail\n1\t2026-03-01 00:00\t10.50\tEUR\ta@example.com\n",
        'id,date,amount,currency,email\r\n"1","2026-03-01","10.50","EUR","a@example.com"\r\n',
    ],
)
def test_import_purchases_reads_spreadsheet_formats(run, content):
    assert "New: 1 " in run(content)

    assert WaitingEvent.objects.get().event["value_cents"] == 1050


def test_import_purchases_reads_products_accounts_and_tests(run):
    run(
        "id,date,amount,currency,products,account_domain,customer_id,test\n"
        "1,2026-03-01,10,EUR,Machine | Grinder,Acme.example,c-7,yes\n"
    )

    found = WaitingEvent.objects.get()
    assert found.event["payload"] == {"external_id": "1", "products": ["Machine", "Grinder"], "test": True}
    assert (found.domain, found.external_id) == ("acme.example", "c-7")


def test_import_purchases_explains_a_missing_file(tmp_path):
    with pytest.raises(CommandError, match=r"Cannot read .*orders\.csv: No such file or directory\."):
        call_command("import_purchases", str(tmp_path / "orders.csv"))


ROWS = [
    ("1,2026-13-01,10,EUR,a@example.com", "occurred_at: “2026-13-01” is not a date that exists"),
    (
        "1,2026-03-01,ten,EUR,a@example.com",
        "amount: “ten” is not a valid amount; write it like 1299.00",
    ),
    (
        "1,2026-03-01,10.0051,EUR,a@example.com",
        "amount: “10.0051” is rejected: Amounts in EUR have at most 2 decimals",
    ),
    ("1,2026-03-01,10,EURO,a@example.com", "amount: “10” is in EURO, which is not an ISO 4217 currency code"),
    (
        "1,2026-03-01,10,,a@example.com",
        "amount: “10” has no currency; add a currency column or use --currency EUR",
    ),
    ("1,2026-03-01,10,EUR,nobody", 'buyer_email: This is not a valid email address (got "nobody")'),
    (
        "1,2026-03-01,10,EUR,",
        "buyer_email: the row does not say who the buyer is. Fill in at least one of these.",
    ),
    (",2026-03-01,10,EUR,a@example.com", "external_id: This is missing"),
    ("1", "amount: This is missing"),
    ("1,,10,EUR,a@example.com", "occurred_at: This is missing"),
    ("1,2026-03-01,49,90,EUR,a@example.com", "the row has 6 values, but the header names 5 columns."),
    (
        "1,2026-03-01,-10,EUR,a@example.com",
        "amount: “-10” is negative, so this is a refund, but there is no purchase",
    ),
    (
        "1,2199-03-01,10,EUR,a@example.com",
        "occurred_at: This is in the future; send only what has already happened",
    ),
    ("1,1969-03-01,10,EUR,a@example.com", "occurred_at: This is before 1970; correct the year"),
    ("1\x00,2026-03-01,10,EUR,a@example.com", "external_id: This contains a NUL character; remove it"),
    (
        f"{'x' * 300},2026-03-01,10,EUR,a@example.com",
        "external_id: This is longer than 200 characters",
    ),
]


def test_import_purchases_rejects_wrong_rows_and_says_why(run):
    rows = [
        row.replace("1", str(1000 + number), 1) if row[0] == "1" else row
        for number, (row, _) in enumerate(ROWS)
    ]

    out = run(lines(*rows, "2,2026-03-01,10,EUR,a@example.com"))

    assert f"rejected: {len(ROWS)}." in out
    assert "New: 1 " in out
    problems = [line for line in out.splitlines() if line.startswith("Line ")]
    for number, (_, sentence) in enumerate(ROWS):
        assert problems[number].startswith(f"Line {number + 2}: rejected: {sentence}")


@pytest.mark.parametrize(
    "broken", ['"never closed,2026-03-01,10,EUR,a@example.com\n', b"x\xff,2026-03-01,10,EUR,a@example.com\n"]
)
def test_a_broken_file_leaves_nothing_behind(run, broken):
    good = lines(*[f"{number},2026-03-01,10,EUR,a@example.com" for number in range(600)]).encode()

    with pytest.raises(CommandError, match=r"Line 602.* [Nn]othing was imported"):
        run(good + (broken if isinstance(broken, bytes) else broken.encode()))

    assert not (PurchaseFile.objects.exists())
    assert not (EventKey.objects.exists())
    assert not (WaitingEvent.objects.exists())


def test_a_file_without_buyers_is_refused(run):
    with pytest.raises(CommandError, match="No column identifies the buyer"):
        run("id,date,amount,currency,colour\n1,2026-03-01,10,EUR,red\n")


def test_a_corrected_file_replaces_what_waits(run):
    run(lines("1,2026-03-01,10,EUR,wrong@example.com"))

    out = run(lines("1,2026-04-01,12,EUR,right@example.com"))

    row = WaitingEvent.objects.get()
    assert "updated: 1," in out
    assert (row.email, row.event["value_cents"], row.occurred_at.month) == ("right@example.com", 1200, 4)


def test_a_wrong_date_is_corrected_on_request(run, drained):
    buyer = MemberFactory()
    confirm_address(buyer)
    today, before = (f"{timezone.now() - timedelta(days=days):%Y-%m-%d}" for days in (1, 40))
    run(lines(f"1,{before},10,EUR,{buyer.email}"))
    drained()

    refused = run(lines(f"1,{today},10,EUR,{buyer.email}"))
    corrected = run(lines(f"1,{today},10,EUR,{buyer.email}"), "--correct")
    again = run(lines(f"1,{today},10,EUR,{buyer.email}"), "--correct")
    drained()

    old, new = Event.objects.filter(name="purchase.completed").order_by("occurred_at")
    assert ("conflicts: 1," in refused, "updated: 1," in corrected, "duplicates: 1," in again) == (
        True,
        True,
        True,
    )
    assert (old.retract_reason, new.retracted_at) == ("corrected by the system that sent it", None)
    buyer.refresh_from_db()
    assert buyer.customer_since == new.occurred_at.date()


def test_a_new_address_of_the_buyer_is_no_conflict(run):
    buyer = MemberFactory()
    confirm_address(buyer)
    content = "order_id,date,amount,currency,email,customer_id\n1,2026-03-01,10,EUR,{},c-7\n"
    run(content.format(buyer.email))

    out = run(content.format("new@example.com"))

    assert "duplicates: 1, conflicts: 0," in out
    assert Event.objects.get(name="purchase.completed").member == buyer


def test_a_purchase_that_now_matches_someone_else_is_noted_and_moves_on_request(run):
    first, second = MemberFactory.create_batch(2)
    for member in (first, second):
        confirm_address(member)
    run(lines(f"1,2026-03-01,10,EUR,{first.email}"))

    noted = run(lines(f"1,2026-03-01,10,EUR,{second.email}"))
    run(lines(f"1,2026-03-01,10,EUR,{second.email}"), "--correct")

    assert "Line 2: duplicate: This was recorded for a different member or company." in noted
    assert Event.objects.not_retracted().get(name="purchase.completed").member == second


def test_old_purchases_are_imported_on_request(run):
    content = lines("1,2001-03-01,10,EUR,a@example.com")

    assert "quarantined: 1," in run(content)
    assert "New: 1 " in run(content, "--any-age")
    assert QuarantinedEvent.objects.get().resolved_at is not None


def test_import_purchases_help_names_the_columns():
    assert "Required: external_id (or order_id, order, id, transaction_id" in columns.describe()
    assert columns.describe() in Command.help
    assert "more than ten years old" in Command.help


def test_corrections_leave_the_journeys_as_a_replay_would(run, drained):
    members = MemberFactory.create_batch(4)
    for member in members:
        confirm_address(member)
    kept, moved, withdrawn, redated = (member.email for member in members)
    header = "id,date,amount,currency,email,status\n"
    before, after = (f"{timezone.now() - timedelta(days=days):%Y-%m-%d}" for days in (50, 20))
    row = "{},{},10,EUR,{},{}\n".format
    first = [(1, before, kept, "paid"), (2, before, moved, "paid"), (3, before, withdrawn, "paid")]
    second = [(1, before, kept, "refunded"), (2, before, kept, "paid"), (3, before, withdrawn, "cancelled")]
    run(
        header
        + "".join(
            row(*one) for one in [*first, (4, before, redated, "paid"), (5, before, "x@y.example", "paid")]
        )
    )
    drained()

    out = run(
        header
        + "".join(row(*one) for one in [*second, (4, after, redated, "paid"), (5, before, redated, "paid")]),
        "--correct",
    )
    drained()
    replayed = io.StringIO()
    call_command("journeys_replay", "--check", stdout=replayed)

    assert "updated: 3, duplicates: 1, conflicts: 0," in out
    assert "No differences." in replayed.getvalue()
    customers = {}
    for member in members:
        member.refresh_from_db()
        customers[member.email] = member.customer_since and f"{member.customer_since}"
    assert customers == {kept: before, moved: None, withdrawn: None, redated: before}
