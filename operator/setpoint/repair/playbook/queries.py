"""SQL that asks for rows by one value, and the same for many values at once."""

import re
from dataclasses import dataclass

# SELECT columns FROM table … WHERE … column = ? … (ORDER BY …)
ONE_KEY = re.compile(
    r"^\s*SELECT\s+(?P<columns>.+?)\s+FROM\s+(?P<rest>.+?)\b(?P<column>[A-Za-z_][\w.]*)\s*=\s*(?P<mark>\?|%s|:\w+|%\(\w+\)s)"
    r"(?P<more>(\s+AND\s+[\w.]+\s*(([=<>]|<>|!=|<=|>=)\s*('[^'?%:]*'|[\d.]+)|IS\s+(NOT\s+)?NULL))*)"
    r"(?P<end>(\s+ORDER\s+BY\s+[\w., ]+?)?)(?P<limit>\s+LIMIT\s+1)?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
OTHER = re.compile(
    r"\b(DISTINCT|GROUP|UNION|HAVING|OR|OVER|OFFSET|JOIN\s+LATERAL)\b|LIMIT(?!\s+1\s*;?\s*$)", re.IGNORECASE
)
MARKS = re.compile(r"\?|%s|(?<![:\w]):[A-Za-z_]\w*|%\(\w+\)s")
AGGREGATE = re.compile(r"\b(COUNT|SUM|AVG|MIN|MAX|TOTAL|GROUP_CONCAT)\s*\(", re.IGNORECASE)
OVER_NOTHING = {"count": "0", "total": "0.0"}  # all others give NULL


@dataclass(frozen=True)
class OneKey:
    """A statement with one parameter, which is compared with `column`.

    `before` + marks + `after` is the same for many values, with the key as its last column; `mark` stands for one.
    `missing`: code for the row that a key without entries gives, empty where it gives none. `first`: LIMIT 1.
    """

    column: str
    before: str
    after: str
    mark: str = "?"
    missing: str = ""
    first: bool = False


def one_key(text: str) -> OneKey | None:
    """The statement taken apart, None where it is of another kind (several parameters, groups, limits)."""
    found = ONE_KEY.match(text)
    if not found or OTHER.search(text) or len(MARKS.findall(text)) != 1:
        return None
    if not re.search(r"\bWHERE\b", found["rest"], re.IGNORECASE):
        return None
    columns, column = found["columns"].strip(), found["column"]
    missing = _missing(columns)
    if missing is None:
        return None
    before = f"SELECT {columns}, {column} FROM {found['rest']}{column} IN ("  # noqa: S608 - into their code, as theirs
    after = f"){found['more']} GROUP BY {column}" if missing else f"){found['more']}{found['end']}"
    mark = "%s" if found["mark"].startswith("%") else "?"
    return OneKey(column, before, after, mark, missing, bool(found["limit"]))


def _missing(columns: str) -> str | None:
    """The row that aggregates give over nothing; None where there are aggregates beside plain columns."""
    if not AGGREGATE.search(columns):
        return ""
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", columns)]
    kinds = [found[1].lower() for part in parts if (found := AGGREGATE.match(part))]
    if len(kinds) != len(parts):
        return None
    return f"({', '.join(OVER_NOTHING.get(kind, 'None') for kind in kinds)},)"


def for_many(query: OneKey, marks: str) -> str:
    """The statement for many keys as code: an f-string that takes `marks`, one question mark for each key."""
    before, after = (part.replace("{", "{{").replace("}", "}}") for part in (query.before, query.after))
    quote = '"""' if "\n" in before + after or '"' in before + after else '"'
    return f"f{quote}{before}{{{marks}}}{after}{quote}"


def core_for_many(query: OneKey) -> str:
    """The same for SQLAlchemy, which takes the keys as one list under the name `keys`."""
    text = f"{query.before[:-1]}:keys{query.after[1:]}"
    quote = '"""' if "\n" in text or '"' in text else '"'
    return f'text({quote}{text}{quote}).bindparams(bindparam("keys", expanding=True))'
