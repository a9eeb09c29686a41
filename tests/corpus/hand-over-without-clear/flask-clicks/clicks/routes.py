"""The routes."""

from flask import Blueprint, request

from clicks import collector
from clicks.writer import WRITER

clicks = Blueprint("clicks", __name__)


@clicks.post("")
def take():
    click = request.get_json()
    collector.collect({"page": click["page"], "agent": click.get("agent", ""), "at": click.get("at", 0)})
    return {"taken": True}, 202


@clicks.get("/written")
def written():
    WRITER.settle()
    return {"written": WRITER.count}
