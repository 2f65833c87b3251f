"""The stage engine: stage history as a pure function of events, rules, overrides and a date.

This package does not import Django, read a database or use the clock.
"""
