"""The rules for postcodes, one pattern for each country."""

import json
import re
from pathlib import Path

RULES = Path(__file__).parent / "rules.json"


def load_rules():
    """Country → pattern."""
    with RULES.open() as file:
        return {country: re.compile(pattern) for country, pattern in json.load(file)}


def check(country, postcode):
    """Whether the postcode is one of the country, as far as the rules know."""
    rules = load_rules()
    if country not in rules:
        return {"country": country, "known": False, "valid": None}
    return {"country": country, "known": True, "valid": bool(rules[country].fullmatch(postcode))}
