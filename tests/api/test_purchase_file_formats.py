"""Purchase files in the formats people really send: accepted if unambiguous, otherwise refused."""

import io

import pytest
from django.core.management import CommandError, call_command

from community.api.models import PurchaseFile, WaitingEvent
from tests.api.test_purchase_files import lines

pytestmark = pytest.mark.django_db
TAIL = "EUR,a@example.com"


@pytest.fixture
def run(tmp_path):
    def import_file(content: str | bytes, *options: str) -> str:
        path = tmp_path / "orders.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        out = io.StringIO()
        call_command("import_purchases", str(path), *options, stdout=out)
        return out.getvalue()

    return import_file


def cents():
    return [row.event["value_cents"] for row in WaitingEvent.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("10", 1000), ("10.5", 1050), ("0", 0), ("0.01", 1), (" 10.00 ", 1000), ("1e2", 10000), ("+5", 500)],
)
def test_unambiguous_amounts_are_accepted(run, written, kept):
    run(lines(f"1,2026-03-01,{written},{TAIL}"))

    assert cents() == [kept]


@pytest.mark.parametrize(
    "written",
    [
        '"10,50"',
        '"1.234,56"',
        '"1,234.56"',
        "10.505",
        "€10",
        "10 EUR",
        "ten",
        "NaN",
        "Infinity",
        "-1",
        "1e99",
        "",
    ],
)
def test_ambiguous_amounts_are_rejected(run, written):
    out = run(lines(f"1,2026-03-01,{written},{TAIL}"))

    assert "rejected: 1." in out
    assert "Line 2: rejected: amount: " in out
    assert cents() == []


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01 14:30", "2026-03-01T14:30:00+00:00"),
        ("2026-03-01T14:30:15", "2026-03-01T14:30:15+00:00"),
        ("2026-03-01T14:30:15Z", "2026-03-01T14:30:15+00:00"),
        ("2026-03-01 14:30+02:00", "2026-03-01T12:30:00+00:00"),
        ("2026-03-01T01:00:00-05:00", "2026-03-01T06:00:00+00:00"),
    ],
)
def test_times_without_a_zone_are_in_utc(run, written, moment):
    run(lines(f"1,{written},10,{TAIL}"))

    assert WaitingEvent.objects.get().occurred_at.isoformat() == moment


@pytest.mark.parametrize(
    "written", ["01.03.2026", "03/01/2026", "1 March 2026", "2026-02-30", "2026-03-01 25:00", "", "soon"]
)
def test_ambiguous_times_are_rejected(run, written):
    out = run(lines(f"1,{written},10,{TAIL}"))

    assert "Line 2: rejected: occurred_at: " in out
    assert not WaitingEvent.objects.exists()


@pytest.mark.parametrize(("written", "kept"), [("eur", "EUR"), (" USD ", "USD")])
def test_currencies_are_three_letters(run, written, kept):
    run(lines(f"1,2026-03-01,10,{written},a@example.com"))

    assert WaitingEvent.objects.get().event["currency"] == kept


@pytest.mark.parametrize("written", ["€", "Euro", "EU", "", "12€"])
def test_invalid_currencies_are_rejected(run, written):
    assert "Line 2: rejected: currency: " in run(lines(f"1,2026-03-01,10,{written},a@example.com"))


@pytest.mark.parametrize("email", ["a@example.com", "A@EXAMPLE.com", " a@example.com "])
def test_email_addresses_ignore_case(run, email):
    run(lines(f"1,2026-03-01,10,EUR,{email}"))

    assert WaitingEvent.objects.get().email == "a@example.com"


@pytest.mark.parametrize("email", ["nobody", "a@b", "a b@example.com"])
def test_invalid_email_addresses_are_rejected(run, email):
    assert "Line 2: rejected: buyer.email: " in run(lines(f"1,2026-03-01,10,EUR,{email}"))


@pytest.mark.parametrize(
    ("written", "is_test"),
    [
        ("1", True),
        ("TRUE", True),
        ("yes", True),
        ("Y", True),
        ("test", True),
        ("0", False),
        ("no", False),
        ("", False),
    ],
)
def test_test_orders_accept_any_form_of_yes(run, written, is_test):
    run(f"id,date,amount,currency,test\n1,2026-03-01,10,EUR,{written}\n")

    assert WaitingEvent.objects.get().event["payload"].get("test", False) is is_test


def test_empty_lines_and_extra_columns_are_ignored(run):
    out = run("id,date,amount,currency,colour\n\n1,2026-03-01,10,EUR,red,round,heavy\n\n")

    assert out.startswith("New: 1 ")
    assert "rejected: 0." in out


def test_a_file_with_only_a_header_is_empty(run):
    assert run(lines()).startswith("New: 0 ")
    assert PurchaseFile.objects.get().counts == {}


def test_the_first_of_two_aliased_columns_is_used(run):
    run("id,order_id,date,amount,currency\nA-1,B-1,2026-03-01,10,EUR\n")

    assert WaitingEvent.objects.get().event["payload"]["external_id"] == "A-1"


def test_quoted_text_may_contain_line_breaks_and_commas(run):
    run('id,date,amount,currency,products\n1,2026-03-01,10,EUR,"Duo, red\nwith scales | Uno"\n')

    products = WaitingEvent.objects.get().event["payload"]["products"]
    assert products == ["Duo, red\nwith scales", "Uno"]


def test_nul_rejects_only_its_row(run):
    out = run(lines(f"1\x00,2026-03-01,10,{TAIL}", f"2,2026-03-01,10,{TAIL}"))

    assert out.startswith("New: 1 ")
    assert "rejected: 1." in out


def test_overlong_values_are_rejected(run):
    out = run(lines(f"{'x' * 300},2026-03-01,10,{TAIL}"))

    assert "Line 2: rejected: external_id: " in out


def test_an_oversized_cell_stops_the_import_at_its_line(run):
    with pytest.raises(CommandError, match=r"After line \d+: field larger than field limit"):
        run(lines(f"1,2026-03-01,10,{TAIL}", f"{'x' * 200_000},2026-03-01,10,{TAIL}"))


def test_rows_before_a_broken_line_are_imported_once(run):
    rows = [f"{number},2026-03-01,10,{TAIL}" for number in range(501)]
    with pytest.raises(CommandError):
        run(lines(*rows, '"broken'))
    assert not PurchaseFile.objects.exists()

    out = run(lines(*rows, f"9999,2026-03-01,10,{TAIL}"))

    assert "New: 2 (2 of them unmatched), duplicates: 500," in out


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"Cannot read .*: Is a directory"):
        call_command("import_purchases", str(tmp_path))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_refused_with_advice(run, encoding):
    content = lines(f"1,2026-03-01,10,{TAIL}").replace("1,2026", "é,2026").encode(encoding)

    with pytest.raises(CommandError, match=r"The file is not encoded as UTF-8\. Save it as"):
        run(content)


def test_at_most_fifty_problems_are_reported(run):
    out = run(lines(*[f"{number},soon,10,{TAIL}" for number in range(60)]))

    assert "rejected: 60." in out
    assert out.count("rejected: occurred_at") == 50


def test_a_dry_run_reports_a_broken_file(run):
    with pytest.raises(CommandError, match="Missing columns: currency"):
        run("id,date,amount\n1,2026-03-01,10\n", "--dry-run")


def test_an_overlong_source_is_truncated(run):
    run(lines(f"1,2026-03-01,10,{TAIL}"), "--source", "s" * 60)

    assert PurchaseFile.objects.get().source == "s" * 40
