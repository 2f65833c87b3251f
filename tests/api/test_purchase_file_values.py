"""Dates, amounts, encodings and columns as people and shops write them; needs no database."""

import time
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from community.api.services import csv_files, order_statuses
from community.api.services.csv_files import InvalidFile
from community.api.services.order_statuses import Meaning
from community.api.services.purchase_files import columns, values
from community.core import currencies

DATES = [
    ("2026-03-01", "2026-03-01T00:00:00+00:00"),
    ("2026-03-01 14:30", "2026-03-01T14:30:00+00:00"),
    ("2026-03-01T14:30:15.123Z", "2026-03-01T14:30:15+00:00"),
    ("2026-03-29 01:30:11 +0100", "2026-03-29T01:30:11+01:00"),
    ("2026-03-01 14:30+02:00", "2026-03-01T14:30:00+02:00"),
    ("2026-03-01T01:00:00-0500", "2026-03-01T01:00:00-05:00"),
    ("2026-03-01 14:30:15 UTC", "2026-03-01T14:30:15+00:00"),
    ("2026/3/1", "2026-03-01T00:00:00+00:00"),
    ("01.04.2026", "2026-04-01T00:00:00+00:00"),
    ("1.4.2026 09:05", "2026-04-01T09:05:00+00:00"),
    ("25/03/2026", "2026-03-25T00:00:00+00:00"),
    ("03/25/2026 1:30 PM", "2026-03-25T13:30:00+00:00"),
    ("12/12/2026 12:05 am", "2026-12-12T00:05:00+00:00"),
]


@pytest.mark.parametrize(("written", "moment"), DATES)
def test_dates_are_read_as_written(written, moment):
    assert values.DateReader("", UTC).read(written).isoformat() == moment


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "20260301",
        "1772366400",
        "2026-02-30",
        "2026-03-01 25:00",
        "31.04.2026",
        "13:00",
        "2026-W10-1",
        "01.03.26",
        "2026-03-01 14:30 PM",
        "2026-03-01 12:00 +99:00",
        "0000-01-01",
        "2026-13-01",
        "٢٠٢٦-03-01",
    ],
)
def test_other_dates_are_refused(written):
    with pytest.raises(ValueError, match=r"is not a (valid date|date that exists)"):
        values.DateReader("", UTC).read(written)


def test_times_without_a_zone_are_in_the_given_one():
    reader = values.DateReader("", ZoneInfo("Europe/Berlin"))

    assert reader.read("2026-07-01 12:00").isoformat() == "2026-07-01T12:00:00+02:00"
    assert reader.read("2026-07-01 12:00 UTC").isoformat() == "2026-07-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["03/04/2026", "25/04/2026"], "dmy"),
        (["03/04/2026", "04/25/2026"], "mdy"),
        (["03-04-2026", "25-04-2026"], "dmy"),
        (["05/05/2026"], ""),
        (["2026-03-04", "01.04.2026"], ""),
    ],
)
def test_one_date_settles_the_order_of_all(dates, order):
    assert values.order_of_dates(enumerate(dates, 2), wanted="") == order


@pytest.mark.parametrize(
    ("dates", "wanted", "says"),
    [
        (
            ["2026-01-01", "03/04/2026"],
            "",
            r"Line 3: 03/04/2026 is ambiguous.*--dates dmy .*--dates mdy",
        ),
        (
            ["25/04/2026", "04/25/2026"],
            "",
            r"contradict each other: line 2 has the day first .*line 3 the month",
        ),
        (["25/04/2026"], "mdy", r"Line 2: 25/04/2026 cannot be read with --dates mdy"),
    ],
)
def test_ambiguous_dates_refuse_the_file(dates, wanted, says):
    with pytest.raises(InvalidFile, match=says):
        values.order_of_dates(enumerate(dates, 2), wanted=wanted)


@pytest.mark.parametrize(
    ("written", "currency", "mark", "amount"),
    [
        ("10", "EUR", "", "10"),
        ("10.5", "EUR", "", "10.5"),
        ("49,90", "EUR", "", "49.90"),
        ("1,299.00", "USD", "", "1299.00"),
        ("1.299,00", "EUR", "", "1299.00"),
        ("1.299.000", "EUR", "", "1299000"),
        ("1,299", "USD", ".", "1299"),
        ("1.299", "EUR", ",", "1299"),
        ("49.905", "KWD", "", "49.905"),
        ("0.505", "KWD", "", "0.505"),
        ("49.905 KWD", "", "", "49.905"),
        ("EUR 10", "", "", "10"),
        ("€49,90", "EUR", "", "49.90"),
        ("$1,299.00", "USD", "", "1299.00"),
        ("1 299,00 €", "EUR", "", "1299.00"),
        ("1\u202f299,00", "EUR", "", "1299.00"),
        ("1'299.00", "CHF", "", "1299.00"),
        ("1e2", "EUR", "", "100"),
        ("+5", "EUR", "", "5"),
        ("-10.00", "EUR", "", "-10.00"),
        ("(10.00)", "EUR", "", "-10.00"),
        ("-€10.00", "EUR", "", "-10.00"),
        (".5", "EUR", "", "0.5"),
        ("R$ 10,50", "BRL", "", "10.5"),
        ("49.90 kr", "SEK", "", "49.90"),
        ("49,90 Kč", "", "", "49.90"),
    ],
)
def test_amounts_are_read_as_written(written, currency, mark, amount):
    reader = values.AmountReader(mark or values.mark_of_amounts([(2, written, currency)], wanted=""), "")

    assert reader.read(written, currency)[0] == Decimal(amount)


@pytest.mark.parametrize(
    ("written", "currency", "says"),
    [
        ("ten", "EUR", "is not a valid amount"),
        ("NaN", "EUR", "is not a valid amount"),
        ("Infinity", "EUR", "is not a valid amount"),
        ("1_000", "EUR", "is not a valid amount"),
        ("１２", "EUR", "is not a valid amount"),
        ("1,29.00", "EUR", "is not a valid amount"),
        ("12,34,567.00", "INR", "is not a valid amount"),
        ("1.2.3", "EUR", "is not a valid amount"),
        ("10 $%", "EUR", "is not a valid amount"),
        ("--10", "EUR", "is not a valid amount"),
        ("10", "", "has no currency; add a currency column or use --currency EUR"),
        ("10", "XYZ", "is in XYZ, which is not an ISO 4217 currency code"),
        ("10 USD", "EUR", "is in USD, but the currency column says EUR"),
        ("10 €", "USD", "is in EUR, but the currency column says USD"),
    ],
)
def test_other_amounts_are_refused(written, currency, says):
    with pytest.raises(ValueError, match=says):
        values.AmountReader("", "").read(written, currency)


@pytest.mark.parametrize("cell", ["1" + " " * 100_000 + "2", "1" + "." * 100_000 + "x2"])
def test_long_cells_are_refused_at_once(cell):
    begun = time.thread_time()

    with pytest.raises(ValueError, match="is not a valid amount"):
        values.AmountReader("", "").read(cell, "EUR")

    assert time.thread_time() - begun < 1  # it took half a minute


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [(["1,299", "49.90"], "."), (["1.299", "49,90"], ","), (["10", "20"], ""), (["1,299.00"], ".")],
)
def test_one_amount_settles_the_decimal_mark_of_all(amounts, mark):
    assert values.mark_of_amounts([(2, amount, "EUR") for amount in amounts], wanted="") == mark


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        (["1,299"], r"Line 2: 1,299 is ambiguous.*--decimal point or --decimal comma"),
        (
            ["49,90", "49.90"],
            r"contradict each other: line 2 has a decimal point \(49.90\), line 2 a decimal comma",
        ),
    ],
)
def test_ambiguous_amounts_refuse_the_file(amounts, says):
    with pytest.raises(InvalidFile, match=says):
        values.mark_of_amounts([(2, amount, "EUR") for amount in amounts], wanted="")


@pytest.mark.parametrize(
    ("amount", "currency", "cents", "shown"),
    [
        ("49.90", "EUR", 4990, "49.90 EUR"),
        ("5000", "JPY", 500000, "5,000 JPY"),
        ("49.905", "KWD", 49905, "49.905 KWD"),
        ("5000.00", "JPY", 500000, "5,000 JPY"),
    ],
)
def test_amounts_are_stored_exactly(amount, currency, cents, shown):
    assert currencies.to_cents(Decimal(amount), currency) == cents
    assert currencies.formatted(cents, currency) == shown


@pytest.mark.parametrize(("amount", "currency"), [("0.5", "JPY"), ("1.005", "EUR"), ("1.0005", "KWD")])
def test_amounts_with_too_many_decimals_are_refused(amount, currency):
    with pytest.raises(ValueError, match=f"Amounts in {currency} have"):
        currencies.to_cents(Decimal(amount), currency)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_recognised(encoding):
    table = csv_files.table_of("id;naïve\r\n1;é\r\n".encode(encoding))

    assert (table.header, list(table.rows()), table.delimiter) == (["id", "naïve"], [(2, ["1", "é"])], ";")


def test_other_encodings_are_read_if_named():
    assert csv_files.table_of("id,é\n".encode("cp1252"), encoding="windows-1252").header == ["id", "é"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            b"id,name\n1,ok\n2,caf\xe9\n",
            r"Line 3, column 6: the byte 0xE9 is not valid in UTF-8.*--encoding windows-1252",
        ),
        (b"", "The file is empty"),
        (b"PK\x03\x04\x14\x00", "This is a spreadsheet or another zipped file, not a CSV file"),
        (b"\x1f\x8b\x08", "This is a compressed file, not a CSV file"),
        (b"\n\n", "The file is empty"),
        (
            b'id,name\n1,ok\n2,"never\n3,closed\n',
            r"Line 3: a quotation mark in this row is never closed",
        ),
        (b"id,name\n1," + b"x" * 10_000_000 + b"\n", "Line 2: a value is longer than 131,072 characters"),
        (b'id,name\n1,"a "b" c"\n', "Line 2: quotation marks within a value must be doubled"),
    ],
)
def test_broken_files_say_where(data, says):
    with pytest.raises(InvalidFile, match=says):
        list(csv_files.table_of(data).rows())


@pytest.mark.parametrize(
    ("content", "delimiter", "line"),
    [
        ("sep=;\nid;a,b\n1;2\n", ";", 3),
        ('"sep=\t"\nid\ta\n1\t2\n', "\t", 3),
        ("\nid|a\n\n1|2\n", "|", 4),
        ('"id, long",a\n1,2\n', ",", 2),
        ('id,a\r"1",2\r', ",", 2),
    ],
)
def test_delimiters_and_lines_are_found(content, delimiter, line):
    table = csv_files.table_of(content.encode())

    ((found, row),) = table.rows()
    assert (table.delimiter, found, [cell.strip() for cell in row]) == (delimiter, line, ["1", "2"])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem name,Refunded Amount",
            "shopify",
        ),
        (
            "id,Description,Created (UTC),Amount,Amount Refunded,Currency,Mode,Status,Customer ID,Customer Email",
            "stripe",
        ),
        ("id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer Email", "stripe"),
        ("Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,Item Name", "woocommerce"),
        (
            "order_id,order_number,order_date,paid_date,status,order_total,order_currency,billing_email",
            "woocommerce",
        ),
        ("Record ID,Deal Name,Deal Stage,Close Date,Amount,Associated Contact IDs", "hubspot"),
        ("external_id,occurred_at,amount,currency,buyer_email", "generic"),
        ("id,date,total,currency,E-mail,status", "generic"),
    ],
)
def test_formats_are_recognised_by_their_columns(header, name):
    found = columns.choose(header.split(","))

    assert found.format.name == name
    assert set(columns.REQUIRED) <= found.fields.keys()
    assert {"buyer_email", "buyer_external_id"} & found.fields.keys()


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("id,date,amount", "No column identifies the buyer"),
        ("id,date,email", r"Missing columns: amount\. .* it contains: id, date, email"),
    ],
)
def test_files_without_the_needed_columns_are_refused(header, says):
    with pytest.raises(InvalidFile, match=says):
        columns.choose(header.split(","))


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("paid", Meaning.PAID),
        ("wc-completed", Meaning.PAID),
        ("Closed Won", Meaning.PAID),
        ("closedwon", Meaning.PAID),
        ("Succeeded", Meaning.PAID),
        ("canceled", Meaning.UNPAID),
        ("wc-on-hold", Meaning.UNPAID),
        ("Pending payment", Meaning.UNPAID),
        ("requires_payment_method", Meaning.UNPAID),
        ("closedlost", Meaning.UNPAID),
        ("voided", Meaning.UNPAID),
        ("Refunded", Meaning.REFUNDED),
        ("partially_refunded", Meaning.PARTLY_REFUNDED),
        ("shiny", None),
        ("", None),
    ],
)
def test_statuses_have_one_meaning_in_any_spelling(status, meaning):
    assert order_statuses.meaning(status) is meaning
