"""The pages."""

from flask import Flask, jsonify

from club import shelves


def create_app(engine):
    app = Flask("club")

    @app.get("/shelf/<int:number>")
    def shelf(number):
        return jsonify(books=shelves.shelf(engine, number))

    @app.get("/healthz")
    def healthz():
        return jsonify(status="ok")

    return app
