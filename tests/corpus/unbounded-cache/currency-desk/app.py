"""A currency desk over Flask: GET /convert/<currency>/<amount> gives a schedule of what the amount buys."""

import logging
import os

from desk.views import create_app

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    create_app().run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
