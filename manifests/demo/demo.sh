#!/usr/bin/env bash
# Runs the loop on the demo service, in a scratch repository of its own under .demo/.
# HEALTHY=1 runs the repaired twin instead: it must be within its setpoints and get no repair.
# A run that was interrupted is kept, so that running this again resumes it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
name=events${HEALTHY:+-healthy}
scratch=$top/.demo/$name
ended=$top/.demo/$name.ended

# The machine's git configuration (signing, hooks, templates) has no say in the scratch repository,
# and equal files give an equal commit.
scratch_git() {
  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CEILING_DIRECTORIES=$top/.demo \
    GIT_AUTHOR_NAME=Demo GIT_AUTHOR_EMAIL=demo@example.com GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' \
    GIT_COMMITTER_NAME=Demo GIT_COMMITTER_EMAIL=demo@example.com GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
    git -C "$scratch" "$@"
}

make_scratch() {
  rm -rf "$scratch" "$ended"
  mkdir -p "$scratch"
  cp "$here"/*.py "$here"/performance-constraints.yaml "$scratch"
  printf '%s\n' __pycache__/ .setpoint/ > "$scratch/.gitignore"
  scratch_git init --quiet --template= --initial-branch=main
  [ -z "${HEALTHY:-}" ] || scratch_git apply "$here/healthy.patch"
  scratch_git add .
  scratch_git commit --quiet --message 'Count events in batches'
}

if [ -e "$ended" ] || ! scratch_git rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
  make_scratch
else
  echo "resuming the run in ${scratch#"$PWD"/}; 'rm -r .demo' forgets it" >&2
fi

code=0
(cd "$scratch" && exec "$top/.venv/bin/setpoint" run performance-constraints.yaml) || code=$?
# 130 and above: ended from outside, so there may be something to resume.
[ "$code" -ge 128 ] || touch "$ended"
if [ -n "${HEALTHY:-}" ] && [ -n "$(scratch_git branch --list 'setpoint/*')" ]; then
  echo "the healthy twin got a repair: $(scratch_git branch --list 'setpoint/*')" >&2
  code=1
fi
exit "$code"
