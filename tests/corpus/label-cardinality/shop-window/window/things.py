"""What can be seen in the window."""

from flask import Blueprint, abort, jsonify

pages = Blueprint("things", __name__)


@pages.get("/things/<int:ident>")
def thing(ident):
    if ident > 1_000_000:
        abort(404)
    return jsonify(id=ident, name=f"thing {ident}", price=ident % 90 + 10)


@pages.get("/healthz")
def healthz():
    return jsonify(status="ok")
