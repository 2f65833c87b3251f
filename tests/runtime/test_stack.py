"""What the stack prints when it starts."""

import socket

import pytest

from community.runtime import stack
from community.runtime.home import Home
from community.runtime.supervisor import Supervisor

BEING_WRITTEN = (
    "The demo is being created, which takes about 30 seconds. The site is already up: http://localhost:"
)


@pytest.fixture
def web():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def said(tmp_path, capsys, *, port, demo):
    home = Home(tmp_path)
    supervisor = Supervisor(stack.children(home, port=port, demo=demo), cwd=tmp_path)
    announcer = stack._Announcer(supervisor, home, port, demo)
    for _ in range(2):
        announcer()
    return capsys.readouterr().out


def test_stack_announces_once_that_the_demo_is_being_seeded(tmp_path, capsys, web):
    lines = said(tmp_path, capsys, port=web, demo=True)

    assert lines.count(f"{BEING_WRITTEN}{web}\n") == 1


def test_stack_does_not_announce_an_existing_demo(tmp_path, capsys, web):
    (tmp_path / "demo-loaded").touch()

    lines = said(tmp_path, capsys, port=web, demo=True)

    assert f"Caravan is at http://localhost:{web}" in lines
    assert BEING_WRITTEN not in lines


def test_stack_without_a_demo_does_not_announce_one(tmp_path, capsys, web):
    assert BEING_WRITTEN not in said(tmp_path, capsys, port=web, demo=False)
