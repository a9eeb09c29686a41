"""Pattern 8: a query for each entry of a loop."""

import sqlite3

import pytest

VARIANTS = {
    "one row, by the loop's own name": """
        def shown(db, ids):
            names = []
            for ident in ids:
                row = db.execute("SELECT name, price FROM articles WHERE id = ?", (ident,)).fetchone()
                names.append((ident, row[0], row[1]) if row else None)
            return names
        """,
    "one row, in a comprehension": """
        QUERY = "SELECT name FROM articles WHERE id = ?"

        def shown(db, ids):
            return [db.execute(QUERY, [ident]).fetchone() for ident in ids]
        """,
    "all rows of each": """
        def shown(db, ids):
            found = {}
            for ident in ids:
                found[ident] = db.execute(
                    "SELECT text FROM reviews WHERE article = ? ORDER BY text DESC", (ident,)
                ).fetchall()
            return found
        """,
    "by a name that the loop sets": """
        def shown(db, ids):
            out = []
            for entry in [{"article": ident} for ident in ids]:
                wanted = entry["article"]
                out.append(db.execute("SELECT name FROM articles WHERE active = 1 AND id = ?", (wanted,)).fetchone())
            return out
        """,
    "executed and fetched apart": """
        def shown(db, ids):
            cursor = db.cursor()
            out = []
            for ident in ids:
                cursor.execute("SELECT name FROM articles WHERE id = ?", (ident,))
                row = cursor.fetchone()
                out.append(row)
            return out
        """,
    "by a cursor of its own each time": """
        def shown(db, ids):
            out = []
            for ident in ids:
                cursor = db.cursor()
                cursor.execute("SELECT name FROM articles WHERE id = ? AND active = 1 AND name IS NOT NULL", (ident,))
                row = cursor.fetchone()
                if row is None:
                    continue
                out.append(row[0])
            return out
        """,
    "walked through without a fetch": """
        def shown(db, ids):
            out = []
            for ident in ids:
                for (text,) in db.execute("SELECT text FROM reviews WHERE article = ? ORDER BY text", (ident,)):
                    out.append((ident, text))
            return out
        """,
    "counted for each": """
        def shown(db, ids):
            return {i: db.execute("SELECT COUNT(*) FROM reviews WHERE article = ?", (i,)).fetchone()[0] for i in ids}
        """,
    "counted for each, with a condition after the key": """
        def shown(db, ids):
            found = {}
            for i in ids:
                row = db.execute("SELECT COUNT(*) FROM reviews WHERE article = ? AND text != 'text 3'", (i,)).fetchone()
                found[i] = row[0]
            return found
        """,
    "by a named parameter, the first of several": """
        def shown(db, ids):
            return [db.execute("SELECT text FROM reviews WHERE article = :article ORDER BY text DESC LIMIT 1",
                               {"article": ident}).fetchone() for ident in ids]
        """,
    "by a function that needs more than the key": """
        def price(db, ident, currency):
            row = db.execute("SELECT price FROM articles WHERE id = ?", (ident,)).fetchone()
            return f"{row[0]} {currency}" if row else currency

        def shown(db, ids):
            return [price(db, ident, "EUR") for ident in ids]
        """,
    "by a function that calls its own things what the new one would": """
        def title(db, rows):
            keys = db.execute("SELECT name FROM articles WHERE id = ?", (rows,)).fetchone()
            found = keys[0].title() if keys else "unknown"
            return found

        def shown(db, ids):
            return [title(db, ident) for ident in ids]
        """,
    "by a method of another object": """
        class Articles:
            def __init__(self, db):
                self.db = db

            def name(self, ident):
                row = self.db.execute("SELECT name FROM articles WHERE id = ?", (ident,)).fetchone()
                if row is None:
                    return None
                return row[0].title()

        def shown(db, ids):
            articles = Articles(db)
            return [articles.name(ident) for ident in ids]
        """,
}


@pytest.fixture
def database():
    """Articles and reviews, and a list of the statements that were run."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE articles (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, active INTEGER);
        CREATE TABLE reviews (article INTEGER, text TEXT);
        """
    )
    connection.executemany("INSERT INTO articles VALUES (?, ?, ?, 1)", [(n, f"name {n}", n * 3) for n in range(30)])
    connection.executemany("INSERT INTO reviews VALUES (?, ?)", [(n % 7, f"text {n}") for n in range(40)])
    yield connection
    connection.close()


@pytest.mark.parametrize("name", VARIANTS)
def test_one_query_brings_the_rows_for_all(service, database, name):
    """The same answers, in the same order, from two or three statements instead of one for each entry."""
    written = service(VARIANTS[name])
    repair = written.repair(written.asked(".execute("), "latency.p90")
    assert repair.edit.pattern == "query-in-loop"
    wanted = [5, 3, 3, 28, 999, 1]
    answers, counts = [], []
    for text in (written.files["app.py"], repair.edit.files["app.py"]):
        scope: dict = {}
        exec(compile(text, "app.py", "exec"), scope)
        statements: list[str] = []
        database.set_trace_callback(statements.append)
        answers.append(scope["shown"](database, iter(wanted)))  # which bears one walk only
        database.set_trace_callback(None)
        counts.append(len(statements))
    assert answers[0] == answers[1]
    assert counts == [6, 1]


@pytest.mark.parametrize(
    "line",
    [
        'db.execute("SELECT name FROM articles WHERE id = ? AND price = ?", (ident, 3)).fetchone()',
        'db.execute("SELECT name FROM articles WHERE id = ? OR id = 1", (ident,)).fetchone()',
        'db.execute("SELECT name FROM articles WHERE id > ? LIMIT 2", (ident,)).fetchall()',
        'db.execute("UPDATE articles SET price = 0 WHERE id = ?", (ident,)).fetchone()',
    ],
)
def test_other_statements_are_left_alone(service, line):
    """Where one query for all would not bring the same, there is no proposal."""
    written = service(f"def shown(db, ids):\n    return [{line} for ident in ids]\n")
    assert written.edit(written.asked(".execute("), "latency.p90") is None


TEXTS = """
    {schema}

    def find(conn, ident):
        row = conn.execute("SELECT id, title FROM book WHERE id = ?", (ident,)).fetchone()
        return row and row[1]

    def shown(conn, wanted):
        return [find(conn, one) for one in wanted]

    def handle(conn, request):
        return shown(conn, {wanted})
"""


@pytest.mark.parametrize(
    ("wanted", "schema", "proposed"),
    [
        ('request.args["ids"].split(",")', "", False),
        ('request.getlist("id")', "", False),
        ('[int(one) for one in request.args["ids"].split(",")]', "", True),
        ('request.args["ids"].split(",")', 'SCHEMA = "CREATE TABLE book (id TEXT, title TEXT)"', True),
    ],
    ids=["texts", "one by one", "made numbers", "the column holds texts"],
)
def test_texts_out_of_a_request_find_numbers_only_in_the_database(service, wanted, schema, proposed):
    """'7' is found under 7 by SQLite, and not by a dict."""
    written = service(TEXTS.format(wanted=wanted, schema=schema))
    assert bool(written.edit(written.asked("conn.execute("), "latency.p90")) is proposed


def test_a_query_that_runs_once_for_a_request_is_left_alone(service):
    """The evidence counts it."""
    written = service(VARIANTS["one row, by the loop's own name"])
    assert written.edit(written.asked(".execute(", per_request=1), "latency.p90") is None


def test_sqlalchemy_takes_the_keys_as_a_list(service):
    """Statements in `text`, with the key by name."""
    written = service(
        """
        import sqlalchemy
        from sqlalchemy import text

        def shown(connection, ids):
            names = []
            for ident in ids:
                row = connection.execute(text("SELECT name, price FROM articles WHERE id = :id"), {"id": ident}).first()
                names.append(row.name if row else None)
            return names
        """
    )
    repair = written.repair(written.asked(".execute("), "latency.p90")
    answers = []
    for code in (written.files["app.py"], repair.edit.files["app.py"]):
        scope: dict = {}
        exec(compile(code, "app.py", "exec"), scope)
        engine = scope["sqlalchemy"].create_engine("sqlite://")
        with engine.connect() as connection:
            connection.execute(scope["text"]("CREATE TABLE articles (id INTEGER, name TEXT, price INTEGER)"))
            connection.execute(scope["text"]("INSERT INTO articles VALUES (1, 'tea', 3), (2, 'pot', 30)"))
            answers.append(scope["shown"](connection, [2, 7, 1]))
        engine.dispose()
    assert answers == [["pot", None, "tea"]] * 2
    assert "id IN :keys" in repair.patch
