"""When a breach may be answered, and by whom first."""

import ssl
from typing import Any

import certifi
import pytest
from pydantic import ValidationError

from setpoint.api.configuration import Configuration
from setpoint.api.forge import PollJob
from setpoint.api.resource import ResourceSpec
from setpoint.api.status import PastRemediation, PullRequestStatus, RemediationStatus, ResourceStatus
from setpoint.kube.draft import iso
from setpoint.kube.facts import Constraint
from setpoint.kube.repair.allowed import Turns, cools_for, proposer_fault, repository_fault, why_not
from setpoint.kube.repair.forges import hosting_of, trusted
from setpoint.kube.repair.pods import Ground
from setpoint.kube.repair.works import forge_work
from unit.kube_repair.test_copies import OWNER, spec_of

NOW = 1_800_000_000.0


def spec(**repair: Any) -> ResourceSpec:
    """The constraint, with `repair` laid over its own."""
    found = spec_of().to_json()
    found["repair"] |= repair
    return ResourceSpec.model_validate(found)


def past(*ended: str) -> tuple[PastRemediation, ...]:
    """A history, newest first."""
    return tuple(PastRemediation(id=str(n), ended=word, reason=word, at=iso(NOW)) for n, word in enumerate(ended))


@pytest.mark.parametrize(
    ("patterns", "allowed"),
    [
        ((), False),
        (("https://git.example.com/*",), True),
        (("https://git.example.com/shop/app.git",), True),
        (("https://git.example.com/bank/*",), False),
        (("https://*.example.com/shop/*",), True),
        (("*.example.com/*",), False),
        (("https://git.example.com/shop/a*.git",), True),
        (("https://git.example.com/shop/ap",), False),
    ],
)
def test_only_repositories_on_the_list_are_repaired(patterns, allowed):
    """An empty list allows none."""
    assert (repository_fault(spec(), Configuration(repositories=patterns)) == "") is allowed


def test_a_hosts_name_in_a_path_is_no_host():
    """Whoever may write a constraint may write any address."""
    source = {"repository": "https://evil.example.net/git.example.com/shop/x.git", "branch": "main", "paths": ["a"]}
    allowed = Configuration(repositories=("https://*.example.com/shop/*",))
    assert "not on the operator's list" in repository_fault(spec(source=source), allowed)


def test_a_model_without_a_gateway_is_refused():
    """An agent's pod holds no key."""
    assert "gateway" in proposer_fault(spec(proposer="anthropic"), Configuration())
    assert proposer_fault(spec(proposer="playbook"), Configuration()) == ""


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (None, None),
        ({"ended": "Escalated", "cools_until": iso(NOW + 60)}, "CoolingDown"),
        ({"ended": "Escalated", "cools_until": iso(NOW - 60)}, None),
        ({"ended": "Escalated", "cools_until": iso(NOW + 60), "generation": 1}, None),
        ({"ended": "Verified", "state": "Open"}, "Verified"),
        ({"ended": "Verified", "state": "Open", "revision": "old"}, None),
        ({"ended": "Merged", "state": "Merged"}, None),
    ],
)
def test_a_breach_is_answered_unless_the_last_one_stands_in_the_way(last, reason):
    """A new generation, another commit or the end of the cool-down let it go on."""
    status = ResourceStatus()
    if last:
        state = last.pop("state", None)
        pull = PullRequestStatus(branch="b", head="h", state=state) if state else None
        about = {"id": "r", "generation": 2, "revision": "abc", **last, "pull_request": pull}
        status = ResourceStatus(remediation=RemediationStatus(**about))
    told = why_not(spec(), status, "abc", 2, NOW)
    assert (told.reason if told else None) == reason


def test_without_a_mode_or_a_commit_nothing_is_answered():
    """And it is said why."""
    assert why_not(spec(mode="Observe"), ResourceStatus(), "abc", 1, NOW).reason == "Disabled"
    assert why_not(spec(), ResourceStatus(), None, 1, NOW).reason == "RevisionUnknown"


def test_a_cool_down_doubles_with_every_failure_in_a_row():
    """Up to a day; a success begins it anew."""
    configuration = Configuration()
    hour = configuration.repair.cool_down
    assert cools_for("Verified", past("Escalated"), configuration) == 0
    assert cools_for("Escalated", (), configuration) == hour
    assert cools_for("Escalated", past("Escalated", "NotReproduced"), configuration) == 4 * hour
    assert cools_for("Escalated", past("Escalated", "Merged", "Escalated"), configuration) == 2 * hour
    assert cools_for("Escalated", past(*["Escalated"] * 10), configuration) == 24 * 3600


def constraint(name: str, uid: str, remediation: RemediationStatus | None = None) -> Constraint:
    """One that is repaired from the same repository."""
    status = ResourceStatus(remediation=remediation)
    found = spec_of().to_json() | {"target": {"deployment": name, "service": name, "port": "http"}}
    return Constraint("shop", name, uid, "1", 1, found, status)


def test_one_repository_is_repaired_by_one_constraint_at_a_time():
    """The other is told by whom, and has its turn afterwards."""
    one, two = constraint("one", "u1"), constraint("two", "u2")
    turns = Turns(lambda: [one, two])
    assert turns.take(one, spec_of()) == ""
    assert turns.take(one, spec_of()) == ""
    assert "shop/one repairs the same repository" in turns.take(two, spec_of())
    turns.give(one)
    assert turns.take(two, spec_of()) == ""


def test_what_was_open_when_the_operator_started_keeps_its_turn():
    """It is read from the status."""
    one = constraint("one", "u1", RemediationStatus(id="r", step="Verifying"))
    two = constraint("two", "u2")
    assert "shop/one" in Turns(lambda: [one, two]).take(two, spec_of())


def test_one_that_is_gone_holds_nobody_up():
    """Its turn goes with it."""
    one, two = constraint("one", "u1"), constraint("two", "u2")
    there = [one, two]
    turns = Turns(lambda: there)
    turns.take(one, spec_of())
    there.remove(one)
    assert turns.take(two, spec_of()) == ""


@pytest.mark.parametrize(
    ("repository", "kind"),
    [
        ("https://github.com/shop/app.git", "github"),
        ("https://git.example.com:3000/shop/app.git", "gitea"),
        ("https://elsewhere.example.com/shop/app.git", "git"),
    ],
)
def test_the_host_of_a_repository_says_what_it_is(repository, kind):
    """github.com is known, others are what the configuration says, or plain git."""
    configuration = Configuration.model_validate({"forges": {"git.example.com:3000": {"kind": "gitea"}}})
    source = {"repository": repository, "branch": "main", "paths": ["a"], "secretRef": "s"}
    hosting = hosting_of(spec(source=source).repair.source, configuration)
    assert hosting.kind == kind
    assert hosting.token_file == "/etc/setpoint/token/setpoint-git-token"


def test_certificates_of_a_host_lie_beside_every_order_that_reaches_it():
    """And nothing lies beside the others."""
    found = ssl.DER_cert_to_PEM_cert(
        ssl.create_default_context(cafile=certifi.where()).get_ca_certs(binary_form=True)[0]
    )
    known = {"kind": "gitea", "certificates": found}
    configuration = Configuration.model_validate({"forges": {"git.example.com": known}})
    hosting = hosting_of(spec().repair.source, configuration)
    order = PollJob(hosting=hosting, branch="setpoint/a")
    work = forge_work(Ground(OWNER, "run1", "rem1", configuration), None, "poll", "k", order)
    folder, _, name = str(hosting.ca_file).rpartition("/")
    assert folder in {mount["mountPath"] for mount in work.pod["containers"][0]["volumeMounts"]}
    assert work.files[name] == found
    assert trusted(hosting, Configuration()) == {}


@pytest.mark.parametrize("text", ["", "MIIB", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(text):
    """Not when a repair needs it."""
    with pytest.raises(ValidationError, match="write its PEM text"):
        Configuration.model_validate({"forges": {"git.example.com": {"kind": "gitea", "certificates": text}}})
