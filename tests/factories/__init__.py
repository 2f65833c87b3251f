"""Factories that create rows without events or other side effects.

For the side effects of a service (events, counters of other rows), call the service instead.
"""
