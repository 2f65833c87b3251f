import io

import pytest
from django.core.management import CommandError, call_command

from community.api.management.commands.import_purchases import Command
from community.api.models import EventKey, PurchaseFile, WaitingEvent
from community.api.services import purchase_files
from community.events.models import Event
from tests.factories.api import confirm_address
from tests.factories.members import MemberFactory

pytestmark = pytest.mark.django_db
HEADER = "external_id,occurred_at,amount,currency,buyer_email"


@pytest.fixture
def run(tmp_path):
    def import_file(content: str | bytes, *options: str, name: str = "orders.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        call_command("import_purchases", str(path), *options, stdout=out)
        return out.getvalue()

    return import_file


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def test_import_purchases_imports_every_row(run):
    buyer = MemberFactory()
    confirm_address(buyer)

    out = run(
        lines(f"1,2026-03-01,129.00,EUR,{buyer.email}", "2,2026-03-02T10:00:00+01:00,5,usd,new@example.com")
    )

    assert out == (
        "New: 2 (1 of them unmatched), duplicates: 0, conflicts: 0, quarantined: 0, rejected: 0.\n"
    )
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

    assert out.startswith(
        "Would be new: 1 (1 of them unmatched), duplicates: 2, conflicts: 2, quarantined: 0, rejected: 1.\n"
    )
    assert (
        "Line 7: rejected: occurred_at: This is not a valid time; write it like 2026-03-01T12:00:00Z" in out
    )
    assert EventKey.objects.count() == PurchaseFile.objects.count() == 1


def test_import_purchases_dry_run_detects_duplicates_across_batches(run):
    rows = [f"{n},2026-03-01,10,EUR,a@example.com" for n in range(600)]

    out = run(lines(*rows, rows[0], "1,2026-03-01,99,EUR,a@example.com"), "--dry-run")

    assert out.startswith("Would be new: 600 (600 of them unmatched), duplicates: 1, conflicts: 1,")


def test_import_purchases_is_idempotent(run):
    content = lines("1,2026-03-01,10,EUR,a@example.com")
    run(content)

    out = run(content)

    assert out.splitlines()[0].startswith("This file was already imported on ")
    assert "New: 0 (0 of them unmatched), duplicates: 1," in out
    assert EventKey.objects.count() == 1


def test_import_purchases_shares_ids_with_the_api_by_source(run):
    content = lines("1,2026-03-01,10,EUR,a@example.com")
    run(content, "--source", "crm")

    assert "New: 0 (0 of them unmatched), duplicates: 1," in run(content, "--source", "crm")
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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "Missing columns: external_id, occurred_at, amount, currency"),
        ("external_id,occurred_at,amount\n1,2,3\n", "Missing columns: currency"),
        (
            b"external_id,occurred_at,amount,currency\n\xff,2026-03-01,1,EUR\n",
            "The file is not encoded as UTF-8",
        ),
        (
            'external_id,occurred_at,amount,currency\n"1,2026-03-01,1,EUR\n',
            "After line 1: unexpected end of data",
        ),
    ],
)
def test_import_purchases_explains_invalid_files(run, content, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(content)

    assert not PurchaseFile.objects.exists()


def test_import_purchases_explains_a_missing_file(tmp_path):
    with pytest.raises(CommandError, match=r"Cannot read .*orders\.csv: No such file or directory\."):
        call_command("import_purchases", str(tmp_path / "orders.csv"))


@pytest.mark.parametrize(
    "row",
    [
        "1,2026-03-01,-10,EUR,a@example.com",
        "1,2026-13-01,10,EUR,a@example.com",
        ",2026-03-01,10,EUR,",
        "1",
        "1,,,,",
    ],
)
def test_import_purchases_rejects_rows_one_by_one(run, row):
    out = run(lines(row, "2,2026-03-01,10,EUR,a@example.com"))

    assert out.startswith("New: 1 ")
    assert "rejected: 1." in out
    assert "Line 2: rejected: " in out


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            '1,2026-03-01,"549,00",EUR,a@example.com',
            "amount: This is not a number; use a decimal point, such as 549.00",
        ),
        (
            "1,01/03/2026,10,EUR,a@example.com",
            "occurred_at: This is not a valid time; write it like 2026-03-01T12:00:00Z",
        ),
        ("1,2026-03-01,10,EURO,a@example.com", "currency: Use a three-letter currency code, such as EUR"),
        ("1,2026-03-01,10,EUR,nobody", "buyer.email: This is not a valid email address"),
        (",2026-03-01,10,EUR,a@example.com", "external_id: This is missing"),
    ],
)
def test_import_purchases_explains_invalid_rows(run, row, sentence):
    assert f"Line 2: rejected: {sentence}" in run(lines(row))


def test_import_purchases_reports_purchases_in_the_future(run):
    out = run(lines("1,2199-03-01,10,EUR,a@example.com", "2,2026-03-01,10,EUR,a@example.com"))

    assert "Line 2: accepted" in out
    assert "The time was in the future, so it was set to now." in out
    assert "Line 3" not in out


def test_import_purchases_help_names_the_columns():
    assert (
        "Required: external_id (or order_id, order, id, transaction_id)" in purchase_files.describe_columns()
    )
    assert purchase_files.describe_columns() in Command.help
