"""Orders of steps, read from their files."""

from pathlib import Path
from typing import TypeVar

from setpoint.api.base import Model
from setpoint.api.text_files import name_of, read_json, read_text
from setpoint.api.validating import Place, validate

LARGEST_ORDER = 16 * 2**20
Order = TypeVar("Order", bound=Model)


def read_order(model: type[Order], file: Path) -> Order:
    """The order in `file`. Raises InputError when it is none."""
    name = name_of(file)
    return validate(model, read_json(read_text(file, LARGEST_ORDER), name), Place(name))
