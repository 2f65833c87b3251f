"""Moderation in the admin; importing the parts registers them."""

from . import log, people, policy, queue

__all__ = ["log", "people", "policy", "queue"]
