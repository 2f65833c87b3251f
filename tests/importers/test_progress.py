import io

from community.importers import progress
from community.importers.progress import ConsoleProgress, NoProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_prints_lines_without_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", -1)
    out = io.StringIO()

    with ConsoleProgress(out) as shown:
        shown.start("Members", 4)
        shown.advance(1)
        shown.advance(3)

    assert out.getvalue() == "Members …\nMembers: 25%\nMembers: 100%\n"


def test_progress_prints_little_for_quick_steps():
    out = io.StringIO()

    with ConsoleProgress(out) as shown:
        shown.start("Members", 4)
        shown.advance(4)

    assert out.getvalue() == "Members …\n"


def test_progress_is_a_bar_on_a_terminal():
    out = Terminal()

    with ConsoleProgress(out) as shown:
        shown.start("Members", 4)
        shown.advance(4)
        shown.start("Questions", 0)

    assert "Members" in out.getvalue()
    assert "100%" in out.getvalue()


def test_no_progress_is_silent(capsys):
    silent = NoProgress()
    silent.start("Members", 4)
    silent.advance(4)

    assert capsys.readouterr().out == ""
