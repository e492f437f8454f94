"""Container images, opened where they lie: archives of docker and podman, OCI layouts and archives, root filesystems.

What it is for: one `core.image.Image` whatever form an image comes in, so that all forms give the same findings.
Layers are indexed by their headers and read by seeking; nothing is ever unpacked to disk, and whiteouts are applied as
runtimes do: those of a layer first, to what lies below it.

What it must never do: follow a link out of the image, believe a digest that it did not compute, or leave out a layer in
silence. Of several images, those that are not looked at (other platforms, when one is meant) are a gap.

Images of registries and daemons are brought once, layer by layer as they are read, each verified by its digest, into a
folder of the user's cache. Passwords are those that other tools left in their files; no program is asked for one, and
none is sent but to its own registry.

Formats: https://github.com/opencontainers/image-spec, and `docker save` by https://github.com/moby/docker-image-spec.
Layers that are packed with zstandard are read with what Python 3.14 has, and its backport before.
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

if TYPE_CHECKING:
    from .blobs import Blobs
    from .content import ImageContent
    from .manifests import Which, names, platforms
    from .opening import files_of, open_image, packed
    from .references import is_reference
    from .remote import Remote

__getattr__ = lazily(__name__, {
    "Blobs": "blobs", "ImageContent": "content", "Which": "manifests", "names": "manifests", "platforms": "manifests",
    "files_of": "opening", "open_image": "opening", "packed": "opening", "is_reference": "references",
    "Remote": "remote",
})  # fmt: skip
__all__ = [
    "Blobs",
    "ImageContent",
    "Remote",
    "Which",
    "files_of",
    "is_reference",
    "names",
    "open_image",
    "packed",
    "platforms",
]
