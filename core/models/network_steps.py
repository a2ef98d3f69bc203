"""Writes the steps of a converted network, so that NumPy can run it (:mod:`core.models.numpy_network`)."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from core.models.numpy_network import CONSTANT, OPERATIONS, PARAMETER, RESULT, TYPES, Step


class NotKnown(Exception):
    """A network with an operation that NumPy is not told; says which."""


def write(network: Path, steps: Path) -> None:
    """Write the steps of a network.

    Args:
        network: OpenVINO's ``.xml``, which it has just written; its layers are in the order of computation.
        steps: the file to write, JSON.

    Raises:
        NotKnown: it has an operation that NumPy is not told. OSError: the disk.
    """
    root = ElementTree.parse(network).getroot()  # noqa: S314  our own file
    layers = list(root.iterfind("layers/layer"))
    place = {layer.get("id", ""): number for number, layer in enumerate(layers)}
    sources: dict[tuple[str, str], tuple[int, int]] = {}
    for edge in root.iterfind("edges/edge"):
        source = layers[place[edge.get("from-layer", "")]]
        outputs = [port.get("id") for port in source.iterfind("output/port")]
        found = place[edge.get("from-layer", "")], outputs.index(edge.get("from-port"))
        sources[edge.get("to-layer", ""), edge.get("to-port", "")] = found
    content = [_step(layer, sources) for layer in layers]
    steps.write_text(json.dumps(content), "ascii")


def _step(layer: ElementTree.Element, sources: dict[tuple[str, str], tuple[int, int]]) -> Step:
    name, number = layer.get("type", ""), layer.get("id", "")
    if name not in OPERATIONS and name not in (PARAMETER, CONSTANT, RESULT):
        raise NotKnown(f"{name} is not known")
    data = layer.find("data")
    attributes = dict(data.attrib) if data is not None else {}
    if name == CONSTANT and attributes["element_type"] not in TYPES:
        raise NotKnown(f"numbers of type {attributes['element_type']} are not known")
    if name == PARAMETER:
        port = layer.find("output/port")
        attributes = {"name": port.get("names", "") if port is not None else ""}
    inputs = [sources[number, port.get("id", "")] for port in layer.iterfind("input/port")]
    return name, inputs, attributes
