"""The catalogue is a database in a file; it is filled when the service starts."""

import sqlite3
import tempfile
from pathlib import Path


class Catalogue:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "catalogue.db")
        database = sqlite3.connect(self.path)
        database.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, name TEXT)")
        database.executemany("INSERT INTO articles (name) VALUES (?)", [(f"Article {n}",) for n in range(500)])
        database.commit()
        database.close()

    def search(self, words):
        """The first names that sound like what is looked for."""
        database = sqlite3.connect(self.path)

        def sounds(name):
            return database.total_changes == 0 and words.lower() in name.lower()

        database.create_function("sounds", 1, sounds)
        rows = database.execute("SELECT name FROM articles WHERE sounds(name) ORDER BY id LIMIT 5").fetchall()
        return [name for (name,) in rows]
