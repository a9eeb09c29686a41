"""The desk's pages."""

from flask import Flask, abort, jsonify

from desk import rates


def create_app():
    app = Flask("desk")

    @app.get("/convert/<currency>/<int:cents>")
    def convert(currency, cents):
        if currency not in rates.RATES:
            abort(404)
        days = rates.schedule(currency, cents)
        best = max(days, key=lambda each: each["buys"])
        return jsonify(currency=currency, best=best, first=days[0]["buys"])

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok")

    return app
