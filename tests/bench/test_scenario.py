from bench import scenario
from community.core import page_cache


def test_each_cold_request_of_a_visitor_misses_the_page_cache(rf):
    request = scenario._turns([("/latest/", ""), ("/search/?q=mill", "")])

    keys = {page_cache._key(rf.get(request(number).path)) for number in range(4)}

    assert len(keys) == 4


def test_a_warm_request_is_the_plain_address():
    page = scenario.Page("latest", "visitor", scenario._turns([("/latest/", "")]))

    assert page.warm().path == "/latest/"
