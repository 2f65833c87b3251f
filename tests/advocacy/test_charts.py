from datetime import date, timedelta
from decimal import Decimal

from advocacy.charts import LINE_HEIGHT, LINE_WIDTH, MARGIN, line_through, parts_of
from advocacy.engine.weights import COMPONENTS


def scores(*values):
    start = date(2026, 1, 1)
    return [(start + timedelta(days=30 * n), Decimal(value)) for n, value in enumerate(values)]


def test_parts_lie_end_to_end():
    parts = parts_of({"helpfulness": "10.00", "proof": "5.50", "presence": "1.00"})

    assert [part.key for part in parts] == list(COMPONENTS)
    assert [(part.start, part.width) for part in parts if part.width] == [(0, 10), (10, 5.5), (15.5, 1)]


def test_negative_part_has_no_width():
    sentiment = parts_of({"sentiment": "-4.00"})[4]

    assert (sentiment.points, sentiment.width, sentiment.most) == (Decimal("-4.00"), 0, 10)


def test_line_spans_the_chart_and_ends_at_the_last_score():
    line = line_through(scores(0, 20, 40))

    assert line.points.split() == [
        f"{MARGIN}.0,{LINE_HEIGHT - MARGIN}.0",
        "160.0,36.0",
        f"{LINE_WIDTH - MARGIN}.0,{MARGIN}.0",
    ]
    assert line.end == (LINE_WIDTH - MARGIN, MARGIN)


def test_small_scores_stay_low_on_the_line():
    assert line_through(scores(0, 1)).end[1] == 60.0


def test_one_score_makes_no_line():
    assert line_through(scores(5)) is None
