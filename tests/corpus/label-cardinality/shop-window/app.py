"""A shop window over Flask: GET /things/<id> shows a thing, GET /metrics counts what was shown."""

import logging
import os

from window import create_app

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    create_app().run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
