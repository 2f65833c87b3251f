from dataclasses import replace

import pytest

from bench import report
from bench.report import Figure, MixedRow, PageRow, Result, Round, WorkRow

COST = {
    "statements": 7,
    "statements_warm": 5,
    "bytes": 40_000,
    "gzipped": 9_000,
    "bytes_without_posts": 25_000,
}


def figure(ratio: float = 0.5, cpu_ms: float = 4.0) -> Figure:
    return Figure(500, ratio, ratio, ratio, 2.0, cpu_ms, 1.0)


def result(mixed_p95: float = 40, **changed: object) -> Result:
    row = {
        "page": "topic",
        "reader": "visitor",
        "min_ratio": 0.20,
        "max_ms": 0,
        "max_statements": 9,
        "cost": COST,
        "loads": {"cold": figure(), "dummy": figure(), "warm": figure(1.2)},
        "failures": (),
    }
    mixed = [MixedRow("read", 90, 20, mixed_p95, 80, 0)]
    return Result("2 cores", "abc", "beer", 280, [PageRow(**{**row, **changed})], mixed, [])


def test_no_misses_when_every_target_is_met():
    assert report.misses(result()) == []
    assert "No bar is missed." in report.markdown(result(), {})


@pytest.mark.parametrize(
    ("changed", "miss"),
    [
        ({"loads": {"cold": figure(0.19)}}, "0.19 cold, at least 0.20"),
        (
            {"loads": {"cold": figure(), "dummy": figure(cpu_ms=4.5)}},
            "4.5 CPU ms with a dummy cache and 4.0 with ours",
        ),
        ({"loads": {"cold": figure(), "warm": figure(0.9)}}, "0.90 warm, at least 1.0"),
        ({"cost": COST | {"statements": 10}}, "10 statements, at most 9"),
        ({"cost": COST | {"bytes_without_posts": 31_000}}, "31.0 kB without posts, at most 30"),
        ({"max_ms": 1.0}, "2 ms, at most 1"),
    ],
)
def test_a_missed_target_is_named(changed: dict, miss: str):
    assert report.misses(result(**changed)) == [f"topic, visitor: {miss}"]


def test_slow_mixed_reads_are_named():
    assert report.misses(result(mixed_p95=61)) == ["mixed reads: p95 61 ms, at most 60"]


def test_figure_is_the_median_of_the_rounds_and_the_total_cpu():
    rounds = [Round(100, rate, 5, 0.4, 1000, 1000, 0.8) for rate in (100, 300, 200)]

    summed = report.figure_of(rounds)

    assert (summed.ratio, summed.ratio_low, summed.ratio_high) == (0.2, 0.1, 0.3)
    assert (summed.cpu_ms, summed.bare_cpu_ms) == pytest.approx((4.0, 0.8))


def test_failed_run_is_reported_and_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "MARKDOWN", tmp_path / "latest.md")
    monkeypatch.setattr(report, "JSON", tmp_path / "latest.json")
    wrong = Result("2 cores", "abc", "beer", 280, [], [], [], ["topic: 12 of 90 answers were not 200"])

    table = report.keep(wrong, whole=True)

    assert "12 of 90 answers were not 200" in table
    assert list(tmp_path.iterdir()) == []


def test_earlier_figures_are_shown_beside_the_new_ones():
    before = {
        "commit": "old",
        "pages": [{"page": "topic", "reader": "visitor", "loads": {"cold": {"ratio": 0.03, "cpu_ms": 44.0}}}],
    }

    table = report.markdown(result(), before)

    assert next(line for line in table.splitlines() if line.startswith("| topic")).endswith("| 0.03 | 44.0 |")


def test_background_work_is_shown_by_cpu_second_and_slow_following_named():
    slow = replace(result(), work=[WorkRow("follow", 8_000, "events", 10, 4)])

    assert "| follow | 8000 events | 10.0 | 800 | 400 | 4.0 | 2000 | – |" in report.markdown(
        slow, {"work": [{"what": "follow", "count": 8_000, "unit": "events", "seconds": 20}]}
    )
    assert report.misses(slow) == ["follow: 2000 events a CPU second, at least 4000"]
