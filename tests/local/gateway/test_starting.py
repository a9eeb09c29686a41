"""What a gateway says that cannot begin: one line, by the option that is wrong."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.gateway.cluster import FakeCluster
from local.gateway.conftest import SERVICE_KEY


@pytest.mark.parametrize("option", ["--listen", "--health"])
@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:http", "127.0.0.1:70000", "taken"])
def test_an_address_that_cannot_be_listened_on_is_told_by_its_option(
    cluster: FakeCluster, tmp_path: Path, option: str, address: str
) -> None:
    """Exit code 2, as for every wrong input."""
    key = tmp_path / "key"
    key.write_text(SERVICE_KEY)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wrong = f"127.0.0.1:{taken.getsockname()[1]}" if address == "taken" else address
        addresses = {"--listen": "127.0.0.1:0", "--health": "127.0.0.1:0", option: wrong}
        command = [sys.executable, "-m", "setpoint", "gateway", "--key-file", str(key)]
        command += [
            "--kubeconfig",
            str(cluster.kubeconfig(tmp_path)),
            *(one for pair in addresses.items() for one in pair),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2, ended.stderr
    line = ended.stderr.splitlines()[-1]
    assert line.startswith("setpoint: ") and option in line and wrong in line
    assert "Traceback" not in ended.stderr and "Unclosed" not in ended.stderr
