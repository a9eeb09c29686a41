#!/usr/bin/env bash
# Installs this checkout of Setpoint by hash, beside the job's own Python and not into it. Done once in a job.
set -euo pipefail
checkout=$GITHUB_ACTION_PATH
home=$RUNNER_TEMP/setpoint
[ ! -e "$home/installed" ] || exit 0

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Setpoint needs Python 3.11 or newer: use actions/setup-python before it")'
python3 -m venv "$home"
pip() { "$home/bin/pip" install --quiet --disable-pip-version-check "$@"; }
pip --require-hashes --requirement "$checkout/requirements.lock"
pip --require-hashes --requirement "$checkout/requirements-build.lock"
pip --no-deps --no-build-isolation "$checkout"
touch "$home/installed"
