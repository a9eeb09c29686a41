"""The shop's database; in memory here, filled anew for each connection."""

import sqlite3

ORDERS, LINES, ARTICLES = 20, 400, 3_000


def open_shop():
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        CREATE TABLE articles (id INTEGER, sku TEXT, name TEXT);
        CREATE TABLE lines (order_id INTEGER, article_id INTEGER, pieces INTEGER);
        """
    )
    articles = [(number, f"sku-{number}", f"article {number}") for number in range(ARTICLES)]
    connection.executemany("INSERT INTO articles VALUES (?, ?, ?)", articles)
    lines = [(order, (order * 131 + n * 17) % ARTICLES, n % 5 + 1) for order in range(ORDERS) for n in range(LINES)]
    connection.executemany("INSERT INTO lines VALUES (?, ?, ?)", lines)
    return connection
