from datetime import UTC, datetime, timedelta

import pytest

from community.importers.stackexchange.tables import TABLES, Row, usable

POSTS = next(table for table in TABLES if table.name == "posts")
GOOD = {"Id": "1", "PostTypeId": "1", "CreationDate": "2020-01-02T03:04:05.678"}


def test_usable_converts_each_attribute():
    row = usable(POSTS, {**GOOD, "Score": "-3", "OwnerUserId": "-1", "Title": "Why?", "ParentId": "7"})

    assert row == Row(
        source_id=1,
        parent_id=7,
        created_at=datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        data={"PostTypeId": 1, "Score": -3, "OwnerUserId": -1, "Title": "Why?"},
    )


def test_usable_drops_unknown_attributes():
    row = usable(POSTS, {**GOOD, "IsAdmin": "true", "onload": "x"})

    assert row.data == {"PostTypeId": 1}


def test_usable_treats_an_empty_number_as_missing():
    assert usable(POSTS, {**GOOD, "Score": ""}).data == {"PostTypeId": 1}


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"Id": None}, "no Id"),
        ({"Id": ""}, "no Id"),
        ({"Id": "one"}, "Id is not a usable number"),
        ({"Id": "1e3"}, "Id is not a usable number"),
        ({"Id": "²"}, "Id is not a usable number"),
        ({"Id": "9" * 30}, "Id is not a usable number"),
        ({"Score": "9999999999"}, "Score is not a usable number"),
        ({"Score": "--1"}, "Score is not a usable number"),
        ({"PostTypeId": None}, "no PostTypeId"),
        ({"PostTypeId": "question"}, "PostTypeId is not a usable number"),
        ({"CreationDate": None}, "no CreationDate"),
        ({"CreationDate": "yesterday"}, "CreationDate is not a time"),
        ({"CreationDate": "0000-00-00T00:00:00"}, "CreationDate is not a time"),
        ({"CreationDate": "1066-10-14T09:00:00"}, "CreationDate is out of range"),
        ({"CreationDate": "9999-12-31T23:59:59-23:59"}, "CreationDate is not a time"),
        ({"ClosedDate": "soon"}, "ClosedDate is not a time"),
        ({"Body": "x" * 200_001}, "Body is longer than 200,000 characters"),
    ],
)
def test_usable_gives_the_reason_for_unusable_rows(attributes, reason):
    merged = {name: value for name, value in {**GOOD, **attributes}.items() if value is not None}

    assert usable(POSTS, merged) == Row(skip=reason)


def test_usable_refuses_the_future():
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()

    assert usable(POSTS, {**GOOD, "CreationDate": later}).skip == "CreationDate is out of range"


def test_usable_respects_time_zones():
    row = usable(POSTS, {**GOOD, "CreationDate": "2020-01-02T03:04:05+02:00"})

    assert row.created_at == datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)
