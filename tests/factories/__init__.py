"""Factories that make rows as they stand after the fact: no events, no side effects.

What a service does beyond its row (events, counters of other rows) is had by calling the service.
"""
