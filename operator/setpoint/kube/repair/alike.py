"""Whether copies that are to differ by the repair alone run the same image: tags lead elsewhere at times. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from setpoint.kube.load_state import container_status

Object = Mapping[str, Any]


def unlike_images(copies: Mapping[str, Sequence[Object]], container: str) -> str:
    """Which image each copy runs, in words, where they are not one and the same; empty: they are."""
    run = {name: image for name, pods in copies.items() for pod in pods if (image := _image(pod, container))}
    if len(set(run.values())) < 2:
        return ""
    shown = ", ".join(f"{name} {image[-19:]}" for name, image in run.items())
    return f"the copies do not run the same image, its tag was moved meanwhile: {shown}"


def _image(pod: Object, container: str) -> str:
    """What the node says that it runs: the digest, whatever the tag is."""
    return str(container_status(pod, container).get("imageID") or "")
