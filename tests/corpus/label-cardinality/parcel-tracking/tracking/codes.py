"""Reads the codes on parcels: two letters, nine digits, of which the last is a check digit."""


class UnreadableCodeError(ValueError):
    """A code that cannot be read."""


class CheckDigitError(UnreadableCodeError):
    """A code whose check digit is wrong."""


def read(code: str) -> tuple[str, int]:
    """Country and number."""
    country, digits = code[:2], code[2:]
    if not (country.isalpha() and digits.isdecimal() and len(digits) == 9):
        raise UnreadableCodeError(f"{code!r} is not a parcel's code")
    if sum(map(int, digits[:8])) % 10 != int(digits[8]):
        raise CheckDigitError(f"the check digit of {code} should be {sum(map(int, digits[:8])) % 10}")
    return country, int(digits[:8])
