"""`setpoint forge --ending`: the result once more, as every step of a pod says it."""

import json
import subprocess
import sys

from setpoint.api.forge import ForgeResult
from setpoint.api.step_result import parse_ending, parse_result

BRANCH = "setpoint/shop-checkout/0123456789"


def forge(job, order, *more):
    """A forge's Job."""
    command = [sys.executable, "-m", "setpoint", "forge", job, "--order", "-", *more]
    return subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=False)


def test_the_result_stands_on_the_last_line_too(repository, tmp_path):
    """And what stood there before still does."""
    order, file = {"hosting": repository.hosting, "branch": BRANCH}, tmp_path / "ending"
    plain, done = forge("poll", order), forge("poll", order, "--ending", str(file))
    assert done.returncode == 0 and done.stdout.startswith(plain.stdout)
    found = parse_result(done.stdout, parse_ending(file.read_text()).digest)
    assert ForgeResult.model_validate(found) == ForgeResult.model_validate_json(plain.stdout)


def test_why_there_is_no_result_is_left_as_the_word_about_the_end(repository, tmp_path):
    """With the error's class; the token is in neither."""
    repository.token_file.write_text("t-stranger")
    order, file = {"hosting": repository.hosting, "branch": BRANCH}, tmp_path / "ending"
    done = forge("poll", order, "--ending", str(file))
    word = parse_ending(file.read_text())
    assert word.error == json.loads(done.stdout)["error"] == "ForgeDenied"
    assert "t-stranger" not in done.stdout + done.stderr + file.read_text()
