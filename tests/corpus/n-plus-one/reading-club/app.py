"""A reading club over Flask and SQLAlchemy: GET /shelf/<number> shows the books on a shelf with their authors."""

import logging
import os
import tempfile
from pathlib import Path

from club.model import open_library
from club.pages import create_app

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_library(f"sqlite:///{Path(folder) / 'library.db'}")
        create_app(engine).run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
