from community.importers.stackexchange.site import hosts_of
from tests.importers.dumps import Dump


def test_hosts_of_reads_the_name_from_links_between_posts(tmp_path):
    dump = Dump(tmp_path).user(1)
    dump.question(
        1,
        Body='<a href="https://old.example.com/questions/2/x">x</a> <a href="https://old.example.com/q/3">y</a>',
    )
    dump.question(
        2,
        Body='<a href="https://new.example.com/a/1">x</a> <a href="https://elsewhere.example.com/q/9">z</a>',
    )
    dump.add("links", PostId=1, RelatedPostId=2, LinkTypeId=1).add(
        "links", PostId=1, RelatedPostId=3, LinkTypeId=1
    )
    dump.add("links", PostId=2, RelatedPostId=1, LinkTypeId=1)

    assert hosts_of(dump.write()) == ["old.example.com", "new.example.com"]


def test_hosts_of_reads_comments_too(tmp_path):
    dump = Dump(tmp_path).user(1).question(1).question(2)
    dump.add("comments", PostId=1, Text="Duplicate of https://beer.example.com/q/2")
    dump.add("links", PostId=1, RelatedPostId=2, LinkTypeId=3)

    assert hosts_of(dump.write()) == ["beer.example.com"]


def test_hosts_of_is_empty_without_links(tmp_path):
    assert hosts_of(Dump(tmp_path).user(1).question(1).write()) == []


def test_hosts_of_reads_the_real_dump(conlang):
    assert hosts_of(conlang) == ["conlang.meta.stackexchange.com"]
