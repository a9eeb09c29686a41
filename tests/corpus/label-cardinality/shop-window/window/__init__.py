"""The shop window."""

from flask import Flask

from window import observing, things


def create_app():
    app = Flask("window")
    app.register_blueprint(things.pages)
    observing.observe(app)
    return app
