"""Every shape of texts means in the API server's regular expressions what it means in ours."""

from typing import Any

import pytest
from pydantic import create_model

from apiserver.crd.asking import Collection
from setpoint.api import shapes
from setpoint.api.structural import structural
from testbed.control_plane import ControlPlane
from unit.crd.texts import TEXTS

GROUP, PLURAL = "example.com", "texts"


def definition() -> dict[str, Any]:
    """Of a kind that has one field of each shape."""
    fields: Any = {name: (getattr(shapes, name) | None, None) for name in TEXTS}
    schema = {"type": "object", "properties": {"spec": structural(create_model("Texts", **fields))}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Text", "plural": PLURAL, "singular": "text"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }


@pytest.fixture(scope="module")
def texts(api: ControlPlane) -> Collection:
    """Where a text can be tried."""
    api.kubectl.apply(definition())
    api.kubectl("wait", "--for=condition=Established", f"crd/{PLURAL}.{GROUP}", "--timeout=60s")
    return Collection(api, f"{GROUP}/v1", "Text", PLURAL)


@pytest.mark.parametrize("name", TEXTS)
def test_the_api_server_reads_a_shape_as_we_do(texts: Collection, name: str):
    """What fits is taken, what does not is refused, with the sentence that we would say."""
    fitting, others = TEXTS[name]
    for text in fitting:
        assert texts.opinion({name: text}).stored == {name: text}
    for text in others:
        answer = texts.opinion({name: text})
        assert answer.stored is None
        assert f"spec.{name}: Invalid value" in answer.message
