"""Kroner: exact decimals with two places, one rounding rule, floats nowhere.

Every amount in the product is a `Decimal` in kroner with two decimals (øre). A `float` cannot hold 0.10 exactly, so the
functions here refuse one instead of mending it. Rounding is half away from zero (*half up* for debts, which are never
negative), as everybody rounds by hand; Python's own `round` would turn 0.125 into 0.12.
"""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

ORE: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
ONE_KRONE: Final = Decimal("1.00")
MAX_AMOUNT: Final = Decimal("9999999999.99")
"""The largest amount a `numeric(12, 2)` column holds, in kroner."""

Amount = Decimal | int | str


def round_half_up(value: Decimal | int, places: int = 2) -> Decimal:
    """`value` rounded to `places` decimals, halves away from zero: the one rounding rule of the product.

    Percentages and means in the cohort tables use it too (`places=0`). Raises `TypeError` for a float or anything else
    that is no exact number, `ValueError` for NaN and infinities.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"an exact number is needed, not {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("a finite number is needed")
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def kroner(value: Amount) -> Decimal:
    """`value` as kroner with exactly two decimals, rounded half up.

    Takes a `Decimal`, an `int` or a plain decimal string with a point ("596.00"); Danish input has its own parser.
    Raises `TypeError` for a float, a bool or another type; `ValueError` for text that is no number, NaN, infinity, or
    an amount beyond `MAX_AMOUNT` on either side of zero.
    """
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            raise ValueError(f"not an amount: {value!r}") from None
    if isinstance(value, Decimal) and value.is_finite() and abs(value) > MAX_AMOUNT:
        raise ValueError("the amount is larger than a column of kroner can hold")
    amount = round_half_up(value, 2)
    if abs(amount) > MAX_AMOUNT:
        raise ValueError("the amount is larger than a column of kroner can hold")
    return amount + ZERO  # turns -0.00 into 0.00


def round_up(value: Decimal | int, multiple: Decimal = ONE_KRONE) -> Decimal:
    """The smallest multiple of `multiple` (kroner, above 0) that is at least `value`, with two decimals.

    Raises `ValueError` if the multiple is not positive or is finer than an øre.
    """
    step = _checked_multiple(multiple)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"an exact number is needed, not {type(value).__name__}")
    return kroner((Decimal(value) / step).to_integral_value(rounding=ROUND_CEILING) * step)


def split_up(total: Decimal, parts: int, multiple: Decimal = ONE_KRONE) -> tuple[Decimal, ...]:
    """Split `total` into at most `parts` equal amounts, each rounded **up** to `multiple`; the last is what remains.

    All amounts are kroner with two decimals. They add up to `total` exactly; the last is above 0 and never larger than
    the others. Rounding up may leave fewer amounts than `parts` (100 kr. over 84 is 50 of 2 kr.). A total of 0 gives
    no amounts at all.

    >>> split_up(Decimal(50000), 84)[0], split_up(Decimal(50000), 84)[-1]
    (Decimal('596.00'), Decimal('532.00'))

    Raises `ValueError` for a negative total, fewer than one part, a total or multiple finer than an øre.
    Source: domain.md §7.3 (a standing order must fit, so every amount but the last is the same).
    """
    step = _checked_multiple(multiple)
    amount = kroner(total)
    if amount != total:
        raise ValueError("the total has fractions of an øre")
    if amount < 0:
        raise ValueError("a negative total cannot be split")
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise ValueError("at least one part is needed")
    if amount == 0:
        return ()
    # Integer øre, so that no division of decimals can lose a digit.
    ore, ore_step = int(amount * 100), int(step * 100)
    each = -(-ore // (parts * ore_step)) * ore_step
    full, rest = divmod(ore, each)
    amounts = [each] * full + ([rest] if rest else [])
    return tuple(Decimal(part).scaleb(-2) for part in amounts)


def _checked_multiple(multiple: Decimal) -> Decimal:
    step = kroner(multiple)
    if step != multiple or step <= 0:
        raise ValueError("the multiple must be a whole number of øre above 0")
    return step
