"""Files as shops and CRMs export them: orders over several rows, statuses, refunds."""

import pytest
from django.core.management import CommandError, call_command

from community.api.models import PurchaseFile, WaitingEvent
from community.events.models import Event
from tests.api.test_purchase_files import lines
from tests.factories.api import confirm_address
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
TAIL = "EUR,a@example.com"

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Created at,Lineitem quantity,\
Lineitem name,Lineitem price,Billing Name,Cancelled at,Refunded Amount,Id,
#1001,ann@example.com,paid,2026-03-29 01:30:11 +0100,fulfilled,EUR,"1,299.00","1,299.00",2026-03-29 01:29:00 +0100,1,\
Duo,1200.00,Ann Example,,0.00,5501,
#1001,ann@example.com,,,,,,,,1,Descaler,99.00,,,,,
#1002,bob@example.com,refunded,2026-03-30 10:00:00 +0200,unfulfilled,EUR,49.90,49.90,2026-03-30 10:00:00 +0200,1,\
Uno,49.90,Bob Example,2026-04-02 09:00:00 +0200,49.90,5502,
#1003,cyn@example.com,partially_refunded,2026-03-30 11:00:00 +0200,,EUR,50.00,50.00,2026-03-30 11:00:00 +0200,2,\
Uno,25.00,Cyn Example,,25.00,5503,
#1004,dan@example.com,voided,,,EUR,10.00,10.00,2026-03-30 12:00:00 +0200,1,Cup,10.00,Dan Example,,0.00,5504,
#1005,eva@example.com,pending,,,EUR,10.00,10.00,2026-03-30 12:00:00 +0200,1,Cup,10.00,Eva Example,,0.00,5505,
"""
STRIPE = """\
id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Mode,Status,Customer ID,Customer Email,\
Captured,Refunded date (UTC)
ch_1,Duo,2026-03-01 10:00,49.90,0.00,eur,49.90,Live,Paid,cus_1,ann@example.com,true,
ch_2,Duo,2026-03-01 11:00,49.905,0.00,kwd,150.00,Live,Paid,cus_2,bob@example.com,true,
ch_3,Duo,2026-03-01 12:00,100.00,30.00,usd,90.00,Live,Paid,cus_3,cyn@example.com,true,2026-03-05 08:00
ch_4,Duo,2026-03-01 13:00,100.00,100.00,usd,90.00,Live,Refunded,cus_4,dan@example.com,true,2026-03-06 08:00
ch_5,Duo,2026-03-01 14:00,100.00,0.00,usd,90.00,Live,Failed,cus_5,eva@example.com,false,
ch_6,Duo,2026-03-01 15:00,100.00,0.00,usd,90.00,Live,Paid,cus_6,fay@example.com,false,
ch_7,Duo,2026-03-01 16:00,100.00,0.00,usd,90.00,Test,Paid,cus_7,gil@example.com,true,
"""
WOOCOMMERCE = """\
sep=;
Order Number;Order Status;Order Date;Email (Billing);Customer ID;Order Total Amount;Order Currency;Item Name;Quantity
501;wc-completed;01.04.2026 10:00;ann@example.com;7;1.299,00;EUR;Duo;1
501;wc-completed;01.04.2026 10:00;ann@example.com;7;1.299,00;EUR;Descaler;2
502;wc-processing;13.04.2026 11:00;bob@example.com;0;49,90;EUR;Uno;1
503;wc-cancelled;13.04.2026 12:00;cyn@example.com;0;49,90;EUR;Uno;1
504;wc-on-hold;13.04.2026 13:00;dan@example.com;0;49,90;EUR;Uno;1
505;wc-refunded;13.04.2026 14:00;eva@example.com;9;49,90;EUR;Uno;1
"""
HUBSPOT = """\
Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Pipeline,Associated Contact IDs,Associated Contact,\
Associated Company IDs
7001,Bluebay - Duo,Closed Won,2026-03-01 10:00,Sam,15000,Sales,8001;8002,Ann Example (ann@example.com),9001
7002,Harbour - Uno,Closed Lost,2026-03-02 10:00,Sam,9000,Sales,8003,Bob Example (bob@example.com),9002
7003,Kestrel - Uno,Contract Sent,2026-03-03 10:00,Sam,2500,Sales,8004,,9003
"""


def waiting(name: str = "purchase.completed") -> dict[str, WaitingEvent]:
    """Return the waiting facts with this name, by the ID of their order."""
    rows = WaitingEvent.objects.filter(name=name).order_by("pk")
    return {row.event["payload"]["external_id"]: row for row in rows}


def amounts(name: str = "purchase.completed") -> dict[str, tuple[int, str]]:
    return {key: (row.event["value_cents"], row.event["currency"]) for key, row in waiting(name).items()}


def test_shopify_orders_are_read(run):
    out = run(SHOPIFY)

    assert "Read as an export of orders from Shopify (by its columns), in UTF-8, separated by commas" in out
    assert "Name is the order ID; Paid at or Created at is the date; Total is the amount" in out
    assert (
        "Ignored columns: Fulfillment Status, Subtotal, Lineitem quantity, Lineitem price, Billing Name, Id."
        in out
    )
    assert (
        "New: 5 (5 of them unmatched), updated: 0, duplicates: 0, conflicts: 0, quarantined: 0, rejected: 0."
        in out
    )
    assert "Refunds among the new ones: 2." in out
    assert "Additional product rows of orders: 1." in out
    assert "Skipped because they are not paid: voided (1), pending (1)." in out
    assert amounts() == {"#1001": (129900, "EUR"), "#1002": (4990, "EUR"), "#1003": (5000, "EUR")}
    first = waiting()["#1001"]
    assert (first.email, first.source) == ("ann@example.com", "shopify")
    assert first.occurred_at.isoformat() == "2026-03-29T00:30:11+00:00"
    assert first.event["payload"]["products"] == ["Duo", "Descaler"]
    refunds = waiting("purchase.refunded")
    assert {key: row.event["payload"]["full"] for key, row in refunds.items()} == {
        "#1002": True,
        "#1003": False,
    }
    assert refunds["#1002"].occurred_at.isoformat() == "2026-04-02T07:00:00+00:00"


def test_stripe_payments_are_read(run):
    out = run(STRIPE)

    assert "Read as an export of payments from Stripe (by its columns)" in out
    assert "Skipped because they are not paid: Failed (1), not captured (1)." in out
    assert amounts() == {
        "ch_1": (4990, "EUR"),
        "ch_2": (49905, "KWD"),
        "ch_3": (10000, "USD"),
        "ch_4": (10000, "USD"),
        "ch_7": (10000, "USD"),
    }
    assert amounts("purchase.refunded") == {"ch_3": (3000, "USD"), "ch_4": (10000, "USD")}
    assert [row.event["payload"].get("test", False) for row in waiting().values()] == [False] * 4 + [True]
    assert (waiting()["ch_1"].email, waiting()["ch_1"].external_id) == ("ann@example.com", "cus_1")


def test_woocommerce_orders_are_read(run):
    out = run(WOOCOMMERCE, "--time-zone", "Europe/Berlin")

    assert (
        "Read as an export of orders from WooCommerce (by its columns), in UTF-8, separated by semicolons"
        in out
    )
    assert "Skipped because they are not paid: wc-cancelled (1), wc-on-hold (1)." in out
    assert amounts() == {"501": (129900, "EUR"), "502": (4990, "EUR"), "505": (4990, "EUR")}
    assert amounts("purchase.refunded") == {"505": (4990, "EUR")}
    assert [row.external_id for row in waiting().values()] == ["7", "", "9"]
    assert waiting()["501"].occurred_at.isoformat() == "2026-04-01T08:00:00+00:00"
    assert waiting()["501"].event["payload"]["products"] == ["Duo", "Descaler"]


def test_hubspot_deals_are_read(run):
    out = run(HUBSPOT, "--currency", "GBP")

    assert "Skipped because they are not paid: Closed Lost (1), Contract Sent (1)." in out
    assert amounts() == {"7001": (1500000, "GBP")}
    row = waiting()["7001"]
    assert (row.external_id, row.email, row.company_external_id) == ("8001", "ann@example.com", "9001")


def test_rows_that_repeat_the_date_of_the_order_are_further_rows(run):
    content = (
        "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name\n"
        "#1,ann@example.com,paid,2026-03-29 01:30:11 +0100,EUR,50.00,2026-03-29 01:29:00 +0100,Duo\n"
        "#1,ann@example.com,,,,,2026-03-29 01:29:00 +0100,Descaler\n"
        "#2,bob@example.com,paid,2026-03-30 01:30:11 +0200,EUR,50.00,2026-03-30 01:29:00 +0200,Duo\n"
        "#2,bob@example.com,,,,,2026-03-31 01:29:00 +0200,Cup\n"
    )

    out = run(content)

    assert "Additional product rows of orders: 1." in out
    assert (
        "Line 5: rejected: order #2 is also on line 4, but Created at is “2026-03-31 01:29:00 +0200” here and "
        "“2026-03-30 01:29:00 +0200” there." in out
    )
    assert waiting()["#1"].event["payload"]["products"] == ["Duo", "Descaler"]


def test_deals_may_name_pipelines_and_contacts_without_an_address(run):
    out = run(
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Currency,Associated Contact IDs,Associated Contact\n"
        "7001,Bluebay,Closed won (Enterprise),2026-03-01 10:00,15000.0,EUR,8001,Ann Example\n"
        "7002,Harbour,Contract sent (Enterprise),2026-03-01 10:00,100,EUR,8002,Bob Example\n"
        "7003,Kestrel,Closed won,2026-03-01 10:00,100,EUR,,Cyn Example\n"
    )

    assert amounts() == {"7001": (1_500_000, "EUR")}
    assert "Skipped because they are not paid: Contract sent (Enterprise) (1)." in out
    assert "Line 4: rejected: Associated Contact, Associated Contact IDs: the row does not say who" in out


def test_a_stage_with_its_pipeline_can_be_given_a_meaning(run):
    content = (
        "Record ID,Deal Name,Deal Stage,Close Date,Amount,Currency,Associated Contact IDs\n"
        "7001,Bluebay,Closed won (Trials),2026-03-01,100,EUR,8001\n"
    )

    run(content, "--status", "Closed won (Trials)=unpaid")

    assert amounts() == {}


def test_deals_without_a_currency_say_what_to_do(run):
    assert (
        "Line 2: rejected: Amount: “15000” has no currency; add a currency column or use --currency EUR"
        in run(HUBSPOT)
    )


def test_a_newer_export_updates_the_refunds(run):
    run(STRIPE)

    out = run(STRIPE.replace("100.00,30.00,usd", "100.00,80.00,usd"))

    assert "New: 0 (1 of them unmatched), updated: 1, duplicates: 6, conflicts: 0," in out
    assert amounts("purchase.refunded")["ch_3"] == (8000, "USD")


def test_refunds_end_what_the_purchases_began(run, drained):
    ann, bob, cyn = (MemberFactory(email=f"{name}@example.com") for name in ("ann", "bob", "cyn"))
    for member in (ann, bob, cyn):
        confirm_address(member)

    run(SHOPIFY)
    drained()

    stages = [member.journey.stage for member in (ann, bob, cyn)]
    assert stages[1] != "conversion"
    assert Event.objects.filter(name="purchase.refunded").count() == 2
    for member in (ann, bob, cyn):
        member.refresh_from_db()
    assert [bool(member.customer_since) for member in (ann, bob, cyn)] == [True, False, True]


def test_unknown_statuses_refuse_the_file_and_are_listed(run):
    header = "id,date,amount,currency,email,status\n"
    rows = [
        f"{n},2026-03-01,10,EUR,a@example.com,{status}\n"
        for n, status in enumerate(["paid", "Shiny", "Shiny", "Odd"])
    ]

    with pytest.raises(
        CommandError, match=r"unknown statuses: “Shiny” \(2\), “Odd” \(1\)\. Nothing was imported"
    ):
        run(header + "".join(rows))
    out = run(header + "".join(rows), "--status", "shiny=paid", "--status", "Odd=unpaid")

    assert "New: 3 " in out
    assert "Skipped because they are not paid: Odd (1)." in out


def test_an_order_without_a_status_is_rejected_if_the_file_has_statuses(run):
    out = run("id,date,amount,currency,email,status\n1,2026-03-01,10,EUR,a@example.com,\n")

    assert "Line 2: rejected: status: This is missing, so it is unclear whether the order was paid" in out


def test_an_order_that_is_cancelled_later_is_withdrawn_on_request(run):
    buyer = MemberFactory()
    confirm_address(buyer)
    content = f"id,date,amount,currency,email,status\n1,2026-03-01,10,EUR,{buyer.email},{{}}\n"
    run(content.format("paid"))

    said = run(content.format("cancelled"))
    done = run(content.format("cancelled"), "--correct")
    counts_again = run(content.format("paid"))

    assert (
        "Line 2: conflict: order 1 is “cancelled” now, but its purchase was imported earlier and still counts."
        in said
    )
    assert "Purchases withdrawn because their orders were not paid: 1." in done
    assert "updated: 1," in counts_again
    assert Event.objects.get(name="purchase.completed").retracted_at is None


def test_negative_rows_are_refunds_of_their_orders(run):
    out = run(lines(f"1,2026-03-01,100,{TAIL}", f"1,2026-03-05,-30,{TAIL}", f"1,2026-03-06,(20.00),{TAIL}"))
    later = run(lines(f"1,2026-03-07,-50,{TAIL}"), name="later.csv")

    assert "New: 3 (3 of them unmatched)" in out
    assert "rejected: 0." in later
    assert amounts() == {"1": (10000, "EUR")}


@pytest.mark.parametrize("amount", ["EUR -10.00", "€-10", "10 EUR-", "\u221210.00"])
def test_the_sign_of_a_refund_may_be_anywhere(run, amount):
    run(lines("1,2026-03-01,100,EUR,ann@example.com", f"1,2026-03-02,{amount},EUR,ann@example.com"))

    assert amounts() == {"1": (10_000, "EUR")}
    assert amounts("purchase.refunded") == {"1": (1_000, "EUR")}


@pytest.mark.parametrize("amount", ["49.-", '"49,-"', "49.--", "49.–", "CHF 49.-", "49.- CHF"])
def test_a_dash_for_no_cents_is_no_minus_sign(run, amount):
    run(lines(f"1,2026-03-01,{amount},CHF,ann@example.com"))

    assert amounts() == {"1": (4_900, "CHF")}


def test_a_partial_refund_without_an_amount_is_rejected(run):
    out = run("id,date,amount,currency,email,status\n1,2026-03-01,10,EUR,a@example.com,partially refunded\n")

    assert (
        "Line 2: rejected: status: “partially refunded”, but the row does not say how much was refunded. "
        "Fill in refunded amount." in out
    )


def test_a_refund_of_more_than_the_order_is_rejected(run):
    out = run("id,date,amount,currency,email,refunded_amount\n1,2026-03-01,10,EUR,a@example.com,10.01\n")

    assert (
        "Line 2: rejected: refunded_amount: “10.01” is more than the order's amount, “10”. Correct one of them."
        in out
    )


def test_the_format_can_be_named(run):
    out = run(lines(f"1,2026-03-01,10,{TAIL}"), "--format", "generic")

    assert "(as given with --format)" in out


@pytest.mark.parametrize(
    ("written", "is_test"),
    [("1", True), ("TRUE", True), ("yes", True), ("test", True), ("0", False), ("", False)],
)
def test_test_orders_accept_any_form_of_yes(run, written, is_test):
    run(f"id,date,amount,currency,email,test\n1,2026-03-01,10,EUR,a@example.com,{written}\n")

    assert WaitingEvent.objects.get().event["payload"].get("test", False) is is_test


def test_empty_lines_and_empty_last_columns_are_ignored(run):
    out = run("id,date,amount,currency,email,colour,,\n\n1,2026-03-01,10,EUR,a@example.com,red,,,\n\n")

    assert "New: 1 " in out
    assert "Ignored columns: colour." in out


def test_a_file_with_only_a_header_is_empty(run):
    assert "New: 0 " in run(lines())
    assert PurchaseFile.objects.get().counts == {}


def test_the_first_of_two_aliased_columns_is_used(run):
    run("id,order_id,date,amount,currency,email\nA-1,B-1,2026-03-01,10,EUR,a@example.com\n")

    assert WaitingEvent.objects.get().event["payload"]["external_id"] == "A-1"


def test_quoted_text_may_contain_line_breaks_and_commas(run):
    run(
        'id,date,amount,currency,email,products\n1,2026-03-01,10,EUR,a@example.com,"Duo, red\nwith scales | Uno"\n'
    )

    products = WaitingEvent.objects.get().event["payload"]["products"]
    assert products == ["Duo, red\nwith scales", "Uno"]


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"Cannot read .*: Is a directory"):
        call_command("import_purchases", str(tmp_path))


def test_at_most_fifty_problems_are_reported_unless_all_are_wanted(run):
    content = lines(*[f"{number},soon,10,{TAIL}" for number in range(60)])

    out, all_of_them = run(content), run(content, "--all-problems")

    assert "rejected: 60." in out
    assert out.count("rejected: occurred_at") == 50
    assert "And 10 more problems; --all-problems lists them all." in out
    assert all_of_them.count("rejected: occurred_at") == 60


def test_a_dry_run_says_how_the_file_is_read_and_writes_nothing(run):
    out = run(WOOCOMMERCE, "--dry-run")

    assert "Would be new: 4 " in out
    assert "Order Number is the order ID; Order Date is the date" in out
    assert not (PurchaseFile.objects.exists())
    assert not (WaitingEvent.objects.exists())


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--currency", "XYZ", "XYZ is not a currency"),
        ("--source", "s" * 41, "A source can have up to 40 letters, digits, hyphens and underscores"),
        ("--source", "a:b", "A source can have up to 40 letters, digits, hyphens and underscores"),
        ("--time-zone", "Mars", "There is no time zone called Mars"),
        ("--status", "odd", "Write STATUS=MEANING"),
        ("--encoding", "klingon", "There is no encoding called klingon"),
    ],
)
def test_wrong_options_are_explained(run, option, value, says):
    with pytest.raises(CommandError, match=says):
        run(lines(), option, value)
