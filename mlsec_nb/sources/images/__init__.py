"""Container images, opened where they lie: archives of docker and podman, OCI layouts and archives, root filesystems.

What it is for: one `core.image.Image` whatever form an image comes in, so that all forms give the same findings.
Layers are indexed by their headers and read by seeking; nothing is ever unpacked to disk, and whiteouts are applied as
runtimes do: those of a layer first, to what lies below it.

What it must never do: follow a link out of the image, believe a digest that it did not compute, or leave out a layer in
silence. An image of several platforms is looked at for one of them, and the others are a gap.

Formats: https://github.com/opencontainers/image-spec, and `docker save` by https://github.com/moby/docker-image-spec.
`zstandard` is needed for layers that are packed with it.
"""

from typing import TYPE_CHECKING

from mlsec_nb.core.lazily import lazily

if TYPE_CHECKING:
    from .content import ImageContent
    from .manifests import platforms
    from .opening import files_of, open_image, packed
    from .references import is_reference

__getattr__ = lazily(__name__, {
    "ImageContent": "content", "platforms": "manifests", "files_of": "opening", "open_image": "opening",
    "packed": "opening", "is_reference": "references",
})  # fmt: skip
__all__ = ["ImageContent", "files_of", "is_reference", "open_image", "packed", "platforms"]
