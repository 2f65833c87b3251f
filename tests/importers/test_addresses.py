import pytest

from community.importers.stackexchange.addresses import Target, targets_of


@pytest.mark.parametrize(
    ("path", "targets"),
    [
        ("questions/12", [Target("post", 12)]),
        ("questions/12/why-hops", [Target("post", 12)]),
        ("questions/12/why-hops?lq=1", [Target("post", 12)]),
        ("questions/12/why-hops/34", [Target("post", 34), Target("post", 12)]),
        ("questions/12/why-hops/34#34", [Target("post", 34), Target("post", 12)]),
        ("questions/12/why-hops#34", [Target("post", 34), Target("post", 12)]),
        ("questions/12/why-hops#comment56_34", [Target("comment", 56), Target("post", 12)]),
        ("q/12", [Target("post", 12)]),
        ("q/12/7", [Target("post", 12)]),
        ("a/34/7", [Target("post", 34)]),
        ("posts/34/revisions", [Target("post", 34)]),
        ("posts/comments/56", [Target("comment", 56)]),
        ("users/7", [Target("user", 7)]),
        ("users/-1/community", [Target("user", -1)]),
        ("questions/tagged/Dry-Hopping", [Target("tag", "dry-hopping")]),
        ("tags/hops/info", [Target("tag", "hops")]),
        ("users", []),
        ("questions", []),
        ("questions/ask", []),
        ("questions/12abc", []),
        ("users/flair/7.png", []),
        ("", []),
    ],
)
def test_targets_of_reads_every_form_of_old_address(path, targets):
    assert targets_of(path) == targets
