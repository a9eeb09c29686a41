"""`python -m setpoint.repair.scripted SCRIPT --port N`: a scripted model, until Ctrl-C or SIGTERM."""

import argparse
import json
import signal
import sys
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.repair.scripted.script import Script, load_script
from setpoint.repair.scripted.server import ScriptedServer


def main() -> int:
    """Print the base URL, serve, and, with --record, write every request down at the end."""
    parser = argparse.ArgumentParser(prog="python -m setpoint.repair.scripted", description="a scripted model server")
    parser.add_argument("script", type=Path, help="turns, as YAML or JSON")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 in a pod")
    parser.add_argument("--record", type=Path, help="where the requests are written, one JSON line each")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _serve(load_script(args.script), (args.host, args.port), args.record)
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _serve(script: Script, where: tuple[str, int], record: Path | None) -> int:
    try:
        server = ScriptedServer(script, where[1], where[0])
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot be listened on: {str(error).removeprefix('bind(): ')}", where=f"port {where[1]}"
        ) from None
    with server:
        print(f"ANTHROPIC_BASE_URL={server.url}", flush=True)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            lines = (json.dumps(asked.body) + "\n" for asked in server.play.requests)
            if record:
                record.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
