"""A user's script, looked at by k6 before any load: does it work, and what does it plan?"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.load.binary import K6
from setpoint.load.child import end, spawn
from setpoint.load.log import Log
from setpoint.load.schedule import Schedule, planned

# Scripts are not loaded from the network: what runs tomorrow must be what ran today. Nothing answers there.
_NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
LONGEST_INIT = 20.0


def script_path(folder: Path, script: str) -> Path:
    """The absolute path of a script. Raises InputError when it is not there or empty."""
    path = (folder / script).absolute()
    try:
        if path.stat().st_size and path.is_file():
            return path
    except OSError as error:
        raise InputError(f"the k6 script cannot be read: {error.strerror}", where=str(path)) from error
    raise InputError("this is not a k6 script: it is empty or no file", where=str(path))


def inspect(k6: K6, script: Path, environment: Mapping[str, str], *, init_seconds: float = LONGEST_INIT) -> Schedule:
    """What `script` plans. Raises InputError, naming it, when k6 cannot run it."""
    code, output, error = _ask(k6, script, {**environment, **_NO_NETWORK}, init_seconds)
    if code:
        raise _refusal(error, script)
    try:
        return planned(json.loads(output).get("scenarios") or {})
    except (ValueError, KeyError, TypeError) as mistake:
        raise InputError(f"its scenarios are not understood: {mistake}", where=str(script)) from mistake


def _ask(k6: K6, script: Path, environment: Mapping[str, str], seconds: float) -> tuple[int, str, str]:
    """(exit code, standard output, last error) of `k6 inspect`."""
    command = [str(k6.path), "inspect", "--execution-requirements", str(script)]
    folder = Path(environment["HOME"])
    answer = folder / "inspect.json"
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
    return code, answer.read_text(encoding="utf-8", errors="replace"), log.last_error()


def _refusal(said: str, script: Path) -> InputError:
    where = str(script)
    if "unknown module: k6/x" in said or "k6/x/" in said:
        return InputError("it imports a k6 extension", where=where, instead="use what plain k6 has")
    if "couldn't be retrieved" in said:
        return InputError("it imports from the network", where=where, instead="put the module beside the script")
    said = said.partition(". Make sure")[0].replace(f"file://{script}", script.name)
    return InputError(f"k6 refuses it: {said or 'it says nothing'}", where=where)
