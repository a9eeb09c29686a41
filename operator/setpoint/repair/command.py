"""The proposer command: any program that is given a brief and a checkout, and leaves a change in the checkout."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from setpoint.api.errors import InputError, ModelFailed
from setpoint.api.ports import Ended, ProposeOrder
from setpoint.api.remedy import Proposal
from setpoint.api.spec import Repair
from setpoint.repair.brief import Brief, brief
from setpoint.repair.masking import given_away, masked
from setpoint.repair.quoting import clean
from setpoint.repair.withheld import without_settings
from setpoint.repair.workshop import Workshop, bench

NAME = "command"
# The guard gives a command no standard input, so a shell opens the brief for it.
_SHELL = ("sh", "-c", 'exec "$@" < "$SETPOINT_BRIEF"', "sh")
_NOT_STARTED = (126, 127)  # a shell's word for a program that is not there, or is none


def command_proposer(order: ProposeOrder, workshop: Workshop) -> Proposal:
    """What `repair.command` changes in a checkout, as a patch; an empty one when it changes nothing.

    It is started at the checkout's top, with the brief on standard input, and as files whose paths are in
    SETPOINT_BRIEF (Markdown) and SETPOINT_BRIEF_JSON. Raises ModelFailed when it fails or takes too long.
    """
    with bench(order, workshop) as desk:
        told = brief(order, desk.ground(workshop))
        with without_settings(desk.top, desk.scratch / "withheld"):
            ended = _run(workshop, desk.top, told, desk.scratch)
        given = passed_on(workshop.repair, workshop.environment)
        ended = replace(ended, output=masked(ended.output, given))  # whoever reads the pull request would see them
        _raise_if_failed(ended, workshop.repair)
        said, patch = ended.output.strip(), desk.patch()
        if not patch:
            return Proposal(proposer=NAME, explanation=f"the command changed nothing; it said: {_end(said)}")
        if names := ", ".join(given_away(patch, given)):
            return Proposal(proposer=NAME, explanation=f"the change was thrown away: it holds the value of {names}")
        return desk.proposal(NAME, _title(said), "see the explanation", _end(said) or "the command said nothing")


def _run(workshop: Workshop, top: Path, told: Brief, folder: Path) -> Ended:
    repair = workshop.repair
    if repair.command is None:
        raise InputError("is missing", where="repair.command", instead="write the program that proposes changes")
    text, facts = folder / "brief.md", folder / "brief.json"
    text.write_text(told.text, encoding="utf-8")
    facts.write_text(json.dumps(told.to_json(), indent=1), encoding="utf-8")
    environment = {
        **passed_on(repair, workshop.environment),
        "SETPOINT_BRIEF": str(text),
        "SETPOINT_BRIEF_JSON": str(facts),
    }
    workshop.tell.step(f"run {repair.command[0]}, for at most {repair.budget.duration:g} s")
    return workshop.commands.run("command", (*_SHELL, *repair.command), top, repair.budget.duration, environment)


def passed_on(repair: Repair, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` that the spec names. Raises InputError for one that is not there."""
    missing = [name for name in repair.environment if name not in environment]
    if missing:
        names = ", ".join(missing)
        raise InputError(f"{names} is not set", where="repair.environment", instead="set it, or leave it out")
    return {name: environment[name] for name in repair.environment}


def _raise_if_failed(ended: Ended, repair: Repair) -> None:
    assert repair.command is not None
    program = repair.command[0]
    if ended.code is None:
        raise ModelFailed(f"{program} did not end within {repair.budget.duration:g} s; raise repair.budget.duration")
    if ended.code in _NOT_STARTED:
        raise ModelFailed(f"{program} could not be started: {_end(ended.output, 300)}; mend repair.command")
    if ended.code:
        raise ModelFailed(f"{program} ended with exit code {ended.code}: {_end(ended.output, 500) or 'no output'}")


def _end(text: str, longest: int = 3000) -> str:
    """The last lines, and not more than that."""
    return clean(text.strip()[-longest:], longest)


def _title(said: str) -> str:
    """The last line of the output, which is where programs say what they did."""
    return said.splitlines()[-1][:100] if said else "Change what the command proposes"
