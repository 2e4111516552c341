"""The payment reference of a loan: 15 digits, the last a check digit, for payment slips of kind +71.

The check digit is modulus 10 (Luhn) over the 14 digits before it, so a single wrong digit is always found, and two
neighbours swapped almost always (not 09 and 90). The reference never holds a CPR number, nor anything else about the
citizen: it is a running number. Source: domain.md §7.5; danish-rules.md §4 (+71).
"""

import re
from typing import Final

LENGTH: Final = 15
_DIGITS: Final = re.compile(r"[0-9]*", re.ASCII)
_CREDITOR: Final = re.compile(r"8[0-9]{7}", re.ASCII)


def payment_reference(serial: int, prefix: str = "") -> str:
    """The reference of loan number `serial` (1 or more), behind the digits of `prefix`: 15 digits as text.

    The prefix keeps programmes or systems that share a creditor number apart. Raises `ValueError` for a serial below 1,
    a prefix with anything but digits, or when both together need more than 14 digits.
    """
    if isinstance(serial, bool) or not isinstance(serial, int) or serial < 1:
        raise ValueError("the serial number must be 1 or more")
    if not _DIGITS.fullmatch(prefix):
        raise ValueError("the prefix must be digits")
    width = LENGTH - 1 - len(prefix)
    if len(str(serial)) > width:
        raise ValueError("the prefix and the serial number do not fit in 14 digits")
    body = f"{prefix}{serial:0{width}}"
    return body + check_digit(body)


def check_reference(reference: str) -> bool:
    """Whether `reference` is 15 digits, the last of which fits the others. Spaces are for the caller to take away."""
    return (
        len(reference) == LENGTH
        and _DIGITS.fullmatch(reference) is not None
        and check_digit(reference[:-1]) == reference[-1]
    )


def check_digit(digits: str) -> str:
    """The modulus-10 (Luhn) check digit of a string of digits: every second digit from the right is doubled."""
    doubled = (int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def payment_line(reference: str, creditor: str) -> str:
    """How the citizen pays: the line of a payment slip where there is a creditor number for it, else the reference."""
    fits = check_reference(reference) and _CREDITOR.fullmatch(creditor) is not None
    return slip_line(reference, creditor) if fits else reference


def slip_line(reference: str, creditor: str) -> str:
    """What a payment slip prints: `+71<REFERENCE+CREDITOR<`. The creditor number has 8 digits and begins with 8."""
    if not check_reference(reference):
        raise ValueError("the payment reference is wrong")
    if not _CREDITOR.fullmatch(creditor):
        raise ValueError("a creditor number has 8 digits and begins with 8")
    return f"+71<{reference}+{creditor}<"
