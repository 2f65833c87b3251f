"""Decay and saturation in integer arithmetic, so that sums do not depend on the order or the machine.

Units: an act is `weight * 1000` thousandths and its decay parts per million, so a component's sum is in
billionths, as are points. Powers of two come from tables computed with `decimal`; no floats are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from functools import cache

from .weights import COMPONENTS, HORIZON_HALF_LIVES, Component

BILLION = 10**9
HUNDREDTH = BILLION // 100
_PPM = 10**6
_PRECISE = Context(prec=60)

# 2^-f, for f in [0, 1) truncated to 40 bits, is the product of four table entries of 10 bits each. Truncation
# changes a component by less than 10^-10 points; rounding keeps the function monotonic.
_CHUNK, _CHUNKS, _SCALE = 10, 4, 64
_MASK = (1 << _CHUNK) - 1


@cache
def decay_table(half_life: int) -> tuple[int, ...]:
    """Return round(1_000_000 * 2^(-age / half_life)) for every age in days up to the horizon."""
    powers = _powers(half_life, HORIZON_HALF_LIVES * half_life + 1)
    return tuple(int((_PPM * power).to_integral_value()) for power in powers)


def saturated(x: int, component: Component) -> int:
    """Return the points, in billionths, for a sum of `x` billionths: most * (1 - 2^(-x / half_at)).

    Negative sums (detractors) are linear, down to minus `most`.
    """
    if x <= 0:
        return max(-component.most * BILLION, component.most * x // component.half_at)
    left = _half_power(x, component.half_at * BILLION)
    return component.most * BILLION * ((1 << _SCALE) - left) >> _SCALE


def hundredths(points: int) -> int:
    """Round billionths to hundredths, half up, as PostgreSQL rounds a numeric."""
    return (points + HUNDREDTH // 2) // HUNDREDTH


def as_decimal(points: int) -> Decimal:
    """Return billionths as points with two decimals."""
    return Decimal(hundredths(points)).scaleb(-2)


def as_points(points: int) -> str:
    """Return billionths as a string with two decimals."""
    found = hundredths(points)
    whole, rest = divmod(abs(found), 100)
    return f"{'-' if found < 0 else ''}{whole}.{rest:02}"


def as_text(components: Mapping[str, int]) -> dict[str, str]:
    """Return the points of every component as strings with two decimals."""
    return {key: as_points(components.get(key, 0)) for key in COMPONENTS}


def _half_power(x: int, k: int) -> int:
    """Return 2^(-x/k) in units of 2^-64."""
    whole, rest = divmod(x, k)
    if whole > _SCALE:
        return 0
    fraction = (rest << _CHUNK * _CHUNKS) // k
    first, second, third, fourth = _power_tables()
    power = first[fraction >> _CHUNK * 3]
    power = power * second[fraction >> _CHUNK * 2 & _MASK] >> _SCALE
    power = power * third[fraction >> _CHUNK & _MASK] >> _SCALE
    power = power * fourth[fraction & _MASK] >> _SCALE
    return power >> whole


@cache
def _power_tables() -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(int(power * (1 << _SCALE)) for power in _powers(1 << _CHUNK * place, 1 << _CHUNK))
        for place in range(1, _CHUNKS + 1)
    )


def _powers(denominator: int, count: int) -> Iterator[Decimal]:
    """Yield 2^(-i / denominator) for i from 0, to more than 50 digits.

    Each is the product of the one before it, a hundred times faster than a power; so all processes start sooner.
    """
    step = _PRECISE.power(Decimal(2), _PRECISE.divide(Decimal(-1), Decimal(denominator)))
    power = Decimal(1)
    for _ in range(count):
        yield power
        power = _PRECISE.multiply(power, step)
