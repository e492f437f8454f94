"""Names of container images, as every dialect writes them."""

import re

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")


def untagged(image: str) -> bool:
    """Whether an image has no tag of its own: none at all, or `latest`; false when any part of it is not known."""
    if not image or _DIGEST.search(image) or re.search(r"[${}<>\ue000\s]", image) or image == "scratch":
        return False
    name = image.rpartition("/")[2]
    _, has, tag = name.partition(":")
    return not has or tag == "latest"
