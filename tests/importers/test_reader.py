"""Malformed files, and valid ones with unusual content."""

import tracemalloc

import pytest

from community.importers.stackexchange.reader import DumpError, read_rows


@pytest.fixture
def rows_of(tmp_path):
    def read(content: str | bytes) -> list[dict[str, str]]:
        path = tmp_path / "Users.xml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_rows(path, root="users", on_bytes=lambda size: None))

    return read


def test_read_rows_gives_attributes_in_order(rows_of):
    rows = rows_of('<users><row Id="1" DisplayName="a &amp; b" /><row Id="2" /></users>')

    assert rows == [{"Id": "1", "DisplayName": "a & b"}, {"Id": "2"}]


def test_read_rows_accepts_a_byte_order_mark(rows_of):
    rows = rows_of('\ufeff<?xml version="1.0" encoding="utf-8"?>\n<users><row Id="1" /></users>')

    assert rows == [{"Id": "1"}]


def test_read_rows_replaces_characters_that_xml_and_utf8_forbid(rows_of):
    rows = rows_of(
        b'<users><row Id="1" N="a&#x0;b&#8;c\x00d\x1fe&#xD800;f&#xFFFE;g&#10;h\xef\xbf\xbei\xffj" /></users>'
    )

    assert rows == [{"Id": "1", "N": "a\ufffdb\ufffdc d e\ufffdf\ufffdg\nh\ufffdi\ufffdj"}]


@pytest.mark.parametrize("shift", range(24))
def test_read_rows_replaces_references_across_chunks(rows_of, shift):
    padding = "x" * (64 * 1024 - 40 - shift)

    rows = rows_of(f'<users><row Id="1" N="{padding}" M="&#x1F;&amp;&#x1F600;" /></users>')

    assert rows[0]["M"] == "\ufffd&\U0001f600"


def test_read_rows_refuses_an_entity_bomb(rows_of):
    bomb = '<!DOCTYPE users [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'

    with pytest.raises(DumpError, match=r"Users.xml, line 1: the file declares a document type"):
        rows_of(f'{bomb}<users><row Id="1" N="&b;" /></users>')


def test_read_rows_refuses_an_external_entity(rows_of):
    outside = '<!DOCTYPE users [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'

    with pytest.raises(DumpError, match="document type"):
        rows_of(f'{outside}<users><row Id="1" /></users>')


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('<users><row Id="1" />', "no element found"),
        ('<users><row Id="1', "unclosed token"),
        ("", "no element found"),
        ("not xml at all", "syntax error"),
        ('<posts><row Id="1" /></posts>', "expected <users> but found <posts>"),
        ('<users><user Id="1" /></users>', "unexpected <user>"),
        ('<users><row Id="1"><row Id="2" /></row></users>', "unexpected <row>"),
        ('<users><row Id="1" Id="2" /></users>', "duplicate attribute"),
    ],
)
def test_read_rows_explains_errors(rows_of, content, sentence):
    with pytest.raises(DumpError, match=sentence):
        rows_of(content)


def test_read_rows_yields_rows_before_a_truncation(tmp_path):
    path = tmp_path / "Users.xml"
    path.write_text('<users>\n<row Id="1" />\n<row Id="2" ')
    found = []

    with pytest.raises(DumpError, match="line 3"):
        found.extend(row["Id"] for row in read_rows(path, root="users", on_bytes=lambda size: None))

    assert found == ["1"]


def test_read_rows_refuses_an_endless_row(tmp_path):
    path = tmp_path / "Users.xml"
    path.write_text('<users><row Id="1" Text="' + "x" * 6_000_000 + '" /></users>')

    with pytest.raises(DumpError, match="a row is larger than 4 MB"):
        list(read_rows(path, root="users", on_bytes=lambda size: None))


def test_read_rows_uses_constant_memory(tmp_path):
    path = tmp_path / "Users.xml"
    with path.open("w") as file:
        file.write("<users>")
        for number in range(100_000):
            file.write(f'<row Id="{number}" DisplayName="{"x" * 100}" />')
        file.write("</users>")

    tracemalloc.start()
    count = sum(1 for _ in read_rows(path, root="users", on_bytes=lambda size: None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 100_000
    assert peak < 2_000_000


def test_read_rows_reports_every_byte(tmp_path):
    path = tmp_path / "Users.xml"
    path.write_text("<users>" + '<row Id="1" />' * 20_000 + "</users>")
    sizes = []

    list(read_rows(path, root="users", on_bytes=sizes.append))

    assert sum(sizes) == path.stat().st_size
