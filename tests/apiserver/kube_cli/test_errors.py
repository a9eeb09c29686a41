"""Whatever is wrong with a cluster, or with what was asked of it, is one clear line and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BIN = Path(sys.executable).parent


@pytest.fixture
def kubeconfig(served, tmp_path):
    """A kubeconfig that the test may change: gives its path after the change."""

    def _kubeconfig(change) -> str:
        config = yaml.safe_load(served.kubeconfig.read_text())
        change(config)
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return str(path)

    return _kubeconfig


def one_line(said) -> str:
    assert said.out == ""
    assert said.err.startswith("setpoint: ") and said.err.count("\n") == 1, said.err
    return said.err


def test_the_nearest_name_is_offered(kube, made):
    """Most wrong names are typing mistakes."""
    made("checkout")
    said = kube("get", "chekout")
    assert said.code == 2
    assert one_line(said) == "setpoint: there is no constraint 'chekout'; did you mean checkout?\n"


def test_the_right_name_in_another_namespace_is_said(kube, made, namespace):
    """The other mistake."""
    made("checkout")
    said = kube("get", "checkout", "-n", "default")
    assert said.code == 2
    assert "it is in namespace " in one_line(said)


@pytest.mark.parametrize("verb", ["watch", "explain", "report", "run", "approve", "suspend", "resume"])
def test_every_verb_says_that_there_is_no_such_constraint(kube, verb):
    """Also those that would write."""
    said = kube(verb, "nothing")
    assert said.code == 2
    assert "there is no constraint 'nothing'; there is none in namespace" in one_line(said)


def test_a_cluster_without_the_crd_is_said(api, kubeconfig, kube):
    """Before Setpoint is installed."""
    api.kubectl("delete", "crd", "performanceconstraints.setpoint.dev")
    try:
        for words in (("get",), ("get", "x"), ("watch",), ("suspend", "x")):
            said = kube(*words)
            assert said.code == 4
            assert "knows no PerformanceConstraint" in one_line(said)
    finally:
        root = Path(__file__).parents[3]
        api.kubectl("apply", "-f", str(root / "crds/performanceconstraints.setpoint.dev.yaml"), "--server-side")
        api.kubectl("wait", "--for=condition=Established", "crd/performanceconstraints.setpoint.dev", "--timeout=30s")


def test_no_kubeconfig_is_said(kube, monkeypatch, tmp_path):
    """Nor a cluster around us."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    said = kube("get")
    assert said.code == 4
    assert "kubeconfig" in one_line(said)


@pytest.mark.parametrize("text", ["{not yaml", "[]", "clusters: 3", "apiVersion: v1\nkind: Config\n", "\x00"])
def test_a_broken_kubeconfig_is_said(kube, tmp_path, text):
    """Whatever is in it."""
    broken = tmp_path / "broken"
    broken.write_text(text)
    said = kube("get", "--kubeconfig", str(broken))
    assert said.code == 4
    assert "kubeconfig" in one_line(said)


def test_a_kubeconfig_that_is_not_there_is_wrong_usage(kube):
    """It was named."""
    said = kube("get", "--kubeconfig", "/nowhere/config")
    assert said.code == 2
    assert "--kubeconfig /nowhere/config: there is no such file" in one_line(said)


def test_a_context_that_is_not_there_is_wrong_usage(kube, kubeconfig):
    """With the nearest, or those that are there."""
    path = kubeconfig(lambda config: config["contexts"][0].update(name="production"))
    said = kube("get", "--kubeconfig", path, "--context", "produktion")
    assert said.code == 2
    assert "did you mean production?" in one_line(said)


def test_a_cluster_that_does_not_answer_is_said_with_its_address(kube, kubeconfig):
    """Nobody listens there."""
    path = kubeconfig(lambda config: config["clusters"][0]["cluster"].update(server="https://127.0.0.1:9"))
    said = kube("get", "--kubeconfig", path)
    assert said.code == 4
    assert "https://127.0.0.1:9" in one_line(said)


def test_a_certificate_that_is_not_trusted_is_said(kube, kubeconfig):
    """And not gone around."""

    def distrust(config) -> None:
        cluster = config["clusters"][0]["cluster"]
        for key in ("certificate-authority", "certificate-authority-data"):
            cluster.pop(key, None)

    said = kube("get", "--kubeconfig", kubeconfig(distrust))
    assert said.code == 4
    assert "certificate" in one_line(said).lower()


def test_credentials_that_are_refused_are_said(kube, kubeconfig):
    """The server knows nobody of that token."""
    path = kubeconfig(lambda config: config["users"][0].update(user={"token": "nobody"}))
    said = kube("get", "--kubeconfig", path)
    assert said.code == 4
    assert "Unauthorized" in one_line(said)


def test_rights_that_are_missing_are_named(served, kube, kubeconfig, namespace):
    """Who may not do what."""
    served.kubectl("create", "serviceaccount", "reader", "-n", namespace)
    token = served.kubectl("create", "token", "reader", "-n", namespace).strip()
    path = kubeconfig(lambda config: config["users"][0].update(user={"token": token}))
    said = kube("get", "--kubeconfig", path)
    assert said.code == 4
    assert "cannot list resource" in one_line(said)


def test_the_namespace_of_the_context_is_the_default(kube, kubeconfig, made, namespace, monkeypatch, capsys):
    """As with kubectl."""
    from setpoint.cli.main import main

    made("checkout")
    path = kubeconfig(lambda config: config["contexts"][0]["context"].update(namespace=namespace))
    assert main(["kube", "get", "--kubeconfig", path]) == 0
    assert "checkout" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("get", "x", "-A"), "write -n NAMESPACE"),
        (("suspend", "x", "-A"), "-A names no one constraint"),
        (("get", "-A", "-n", "x"), "contradict"),
        (("watch", "--until", "finished"), "--until needs the name"),
        (("run", "x", "--timeout", "5m"), "--timeout is for --wait"),
        (("run", "x", "--wait", "--timeout", "soon"), "not a duration"),
        (("suspend",), "NAME"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(kube, words, part):
    """Said before anything is asked of the cluster."""
    said = kube(*words)
    assert said.code == 2
    assert part in one_line(said)


def test_kubectl_finds_its_plug_in(served, made, namespace):
    """By the program's name on PATH."""
    made("checkout")
    environment = {**os.environ, "KUBECONFIG": str(served.kubeconfig), "PATH": f"{BIN}:{os.environ['PATH']}"}
    words = [str(BIN / "kubectl"), "setpoint", "get", "-n", namespace]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "checkout" in done.stdout
