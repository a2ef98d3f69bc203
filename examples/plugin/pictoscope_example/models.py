"""What the catalogue says of the model. Every command reads this: it imports nothing heavy."""

from core.models.catalogue import ModelSpec

COLOURS = ModelSpec(
    key="colours",
    title="Colour histogram",
    weights="package pictoscope-example",
    backend="pictoscope_example.colours",  # the module that is imported when the model is loaded
    dim=64,
    input_size=256,  # a large JPEG is decoded no smaller than twice this
    licence="MIT",
    advice="which colours a picture has, and how much of each; knows no things",
    packages=("pictoscope_example",),  # there is nothing to download
)
