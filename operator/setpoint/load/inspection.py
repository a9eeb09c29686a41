"""A user's script, looked at by k6 before any load: does it work, and what does it plan?"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.load.binary import K6
from setpoint.load.child import end, spawn
from setpoint.load.log import Log
from setpoint.load.schedule import Schedule, planned

# Scripts are not loaded from the network: what runs tomorrow must be what ran today. Nothing answers there.
_NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
LONGEST_INIT = 20.0
PACKED, ANSWER = "script.tar", "inspect.json"


def script_path(folder: Path, script: str) -> Path:
    """The absolute path of a script. Raises InputError when it is not there or empty."""
    path = (folder / script).absolute()
    try:
        if path.stat().st_size and path.is_file():
            return path
    except OSError as error:
        raise InputError(f"the k6 script cannot be read: {error.strerror}", where=str(path)) from error
    raise InputError("this is not a k6 script: it is empty or no file", where=str(path))


def inspect(
    k6: K6, script: Path, environment: Mapping[str, str], *, init_seconds: float = LONGEST_INIT
) -> tuple[Path, Schedule]:
    """`script` as an archive, whose options are fixed, and what it plans.

    A script's code runs each time that k6 reads it, and may give other options (by chance, by the time of day) to
    whoever looks than to who sends the load. Of an archive k6 takes the options that it was packed with: what is looked
    at is what is run. Raises InputError, naming the script, when k6 cannot run it.
    """
    environment = {**environment, **_NO_NETWORK}
    packed = Path(environment["HOME"], PACKED)
    _ask(k6, ("archive", f"--archive-out={packed}", str(script)), script, environment, init_seconds)
    output = _ask(k6, ("inspect", "--execution-requirements", str(packed)), script, environment, init_seconds)
    try:
        return packed, planned(json.loads(output).get("scenarios") or {})
    except (ValueError, KeyError, TypeError) as mistake:
        raise InputError(f"its scenarios are not understood: {mistake}", where=str(script)) from mistake


def _ask(k6: K6, words: Sequence[str], script: Path, environment: Mapping[str, str], seconds: float) -> str:
    """The standard output of k6. Raises InputError with its last error, when it refuses the script."""
    command = [str(k6.path), *words]
    folder = Path(environment["HOME"])
    answer = folder / ANSWER
    with (
        answer.open("wb") as sink,
        spawn(command, environment=environment, folder=folder, stdout=sink) as process,
        Log(process.stderr) as log,
    ):
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            what = f"its code outside of functions runs for more than {seconds:g} s"
            raise InputError(what, where=str(script), instead="let it end") from None
        finally:
            end(process)
    if code:
        raise _refusal(log.last_error(), script)
    return answer.read_text(encoding="utf-8", errors="replace")


def _refusal(said: str, script: Path) -> InputError:
    where = str(script)
    if "unknown module: k6/x" in said or "k6/x/" in said:
        return InputError("it imports a k6 extension", where=where, instead="use what plain k6 has")
    if "couldn't be retrieved" in said:
        return InputError("it imports from the network", where=where, instead="put the module beside the script")
    said = said.partition(". Make sure")[0].replace(f"file://{script}", script.name)
    return InputError(f"k6 refuses it: {said or 'it says nothing'}", where=where)
