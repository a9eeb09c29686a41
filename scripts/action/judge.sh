#!/usr/bin/env bash
# Measures unless a measurement is given, judges it, and ends with the verdict's exit code: annotations and a summary
# for people, `result` and `metrics` for the steps that follow.
set -euo pipefail
setpoint=$RUNNER_TEMP/setpoint/bin/setpoint

# What a service prints could begin with "::", which a runner would obey.
quietly() {
  local code=0 word
  word=$(od --address-radix=n --format=x1 --read-bytes=16 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$word"
  "$@" || code=$?
  echo "::$word::"
  return "$code"
}

measure() { "$setpoint" capture "$CONSTRAINTS" >"$metrics"; }

metrics=$METRICS
if [ -z "$metrics" ]; then
  metrics=$(mktemp "$RUNNER_TEMP/metrics-XXXXXXXX.json")
  quietly measure
fi

code=0
"$setpoint" check --output github "$metrics" "$CONSTRAINTS" || code=$?
case $code in
  0) result=Within ;;
  1) result=Breached ;;
  3) result=Inconclusive ;;
  *) exit "$code" ;; # no verdict, so nothing to tell of it
esac
"$setpoint" check --output markdown "$metrics" "$CONSTRAINTS" >>"$GITHUB_STEP_SUMMARY" || true # the same verdict again
printf '%s\n' "result=$result" "metrics=$metrics" >>"$GITHUB_OUTPUT"
exit "$code"
