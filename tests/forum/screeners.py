"""Screeners with a configurable verdict, importable by dotted path for the settings."""

from community.forum.models import Post
from community.forum.screening import ALLOW, Verdict

verdict: Verdict = ALLOW
heard: list[tuple[Post, str]] = []


def screen(*_asked: object) -> Verdict:
    return verdict


def allow(*_asked: object) -> Verdict:
    return ALLOW


def hold(*_asked: object) -> Verdict:
    return Verdict(hold=True, sentence="hold it")


def refuse(*_asked: object) -> Verdict:
    return Verdict(refuse=True, sentence="refuse it")


def hear(post: Post, why: str) -> None:
    heard.append((post, why))
