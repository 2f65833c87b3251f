"""The stage engine: stage history as a pure function of events, rules, overrides and a date.

Nothing in this package knows Django, a database or the clock.
"""
