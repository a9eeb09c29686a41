"""Requests to an API server are counted right from its audit log."""

import json

from testbed.audit import Audit


def event(verb: str, stage: str = "ResponseComplete", agent: str = "kopf/1", user: str = "operator") -> str:
    return json.dumps({"verb": verb, "stage": stage, "userAgent": agent, "user": {"username": user}}) + "\n"


def verbs(audit: Audit, **asked: object) -> list[str]:
    return [request["verb"] for request in audit.requests(**asked)]


def test_a_watch_counts_once_when_it_opens(tmp_path):
    """Its end is no request."""
    log = tmp_path / "audit.log"
    log.write_text(event("watch", "ResponseStarted") + event("list") + event("watch", "ResponseComplete"))
    assert verbs(Audit(log)) == ["watch", "list"]


def test_a_line_that_is_still_being_written_waits(tmp_path):
    """Half a line is neither an error nor lost: it counts when it is whole."""
    log = tmp_path / "audit.log"
    whole = event("get") + event("list")
    log.write_text(whole[:-5])
    assert verbs(Audit(log)) == ["get"]
    log.write_text(whole)
    assert verbs(Audit(log)) == ["get", "list"]


def test_only_what_came_after_a_point_counts(tmp_path):
    """A test counts what it caused itself."""
    log = tmp_path / "audit.log"
    log.write_text(event("get"))
    audit = Audit(log).now()
    with log.open("a") as later:
        later.write(event("patch"))
    assert verbs(audit) == ["patch"]


def test_requests_are_picked_by_agent_user_and_verb(tmp_path):
    """All of those that were given must fit."""
    log = tmp_path / "audit.log"
    log.write_text(event("get") + event("get", agent="kubectl/1") + event("get", user="admin") + event("list"))
    assert verbs(Audit(log), agent="kopf", user="operator", verbs=("get",)) == ["get"]
