"""Clicks: POST /clicks takes one, GET /clicks/written says how many were written."""

import os

from flask import Flask

from clicks.routes import clicks


def create_app():
    app = Flask(__name__)
    app.register_blueprint(clicks, url_prefix="/clicks")
    app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"})
    return app


if __name__ == "__main__":
    create_app().run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
