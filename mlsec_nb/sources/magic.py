"""What a file is by its first bytes, whatever its name."""

import pickletools
import re

from mlsec_nb.core import Kind

_MODEL_HEADS = (
    b"\x89HDF\r\n\x1a\n",  # https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html
    b"GGUF", b"lmgg", b"fmgg", b"tjgg", b"algg", b"ggml",  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    b"\x93NUMPY",  # https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"X\n\0\0\0\x02", b"X\n\0\0\0\x03",  # R's save() and saveRDS()
    b"CBM1", b"CATBOOST",
)  # fmt: skip
_DATA_HEADS = (
    b"PAR1", b"PARE", b"ARROW1\0\0", b"FEA1", b"SQLite format 3\0", b"Obj\x01", b"ORC",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # OLE2: old Excel and its kin
)  # fmt: skip
_MEMBERS_MODEL = re.compile(
    rb"(?:^|/)(?:data\.pkl|constants\.pkl|model\.weights\.h5|model_config\.yaml|schema\.json|MAR-INF/MANIFEST\.json)$"
    rb"|\.(?:pkl|pickle|npy|joblib|pt|ckpt|h5|onnx|safetensors|pb)$"
)
_MEMBERS_DATA = re.compile(rb"^(?:\[Content_Types\]\.xml|xl/|_rels/)|\.(?:csv|tsv|parquet|jsonl)$")
_MEMBERS_IMAGE = re.compile(  # docker save, podman save and OCI archives; only names that nothing else has
    rb"^(?:\./)?(?:oci-layout|blobs/sha256/[0-9a-f]{64}|[^/]+/layer\.tar|[0-9a-f]{64}/(?:VERSION|json)|[0-9a-f]{64}\.(?:json|tar))$"
)
HEAD = 64 << 10  # bytes that are looked at; the keys that tell a YAML or JSON dialect stand near the top
_ZIP_LOCAL = b"PK\x03\x04"
_TEXT_PICKLE = re.compile(
    rb"\A(?:c[A-Za-z_][\w.]*\n[\w.]+\n|\((?:[ld]p\d|[cioSIVFLp(\]}tdl])|[ld]p?\d|i[A-Za-z_][\w.]*\n\w+\n)"
)
_PRINTABLE = bytes([*range(32, 127), 9, 10, 13])
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})


def kind_of_bytes(head: bytes) -> Kind | None:
    """The kind that the bytes themselves tell, or None."""
    if head.startswith(_ZIP_LOCAL):
        return kind_of_members(_zip_names(head))
    if head[257:262] == b"ustar":
        return kind_of_members(_tar_names(head))
    if looks_like_pickle(head):
        return Kind.MODEL
    if looks_like_text(head):  # a text may begin with the letters of a magic number
        return None
    if head.startswith(_MODEL_HEADS) or head[4:8] == b"TFL3" or _is_safetensors(head):
        return Kind.MODEL
    return Kind.DATA if head.startswith(_DATA_HEADS) or head[8:12] == b"DUCK" else None


def kind_of_members(names: list[bytes]) -> Kind | None:
    """The kind of an archive by the names in it, or None."""
    if any(b".dist-info/" in name for name in names):  # a wheel of Python, whatever else it carries
        return None
    for shape, kind in ((_MEMBERS_IMAGE, Kind.IMAGE), (_MEMBERS_MODEL, Kind.MODEL), (_MEMBERS_DATA, Kind.DATA)):
        if any(shape.search(name) for name in names):
            return kind
    return None


def _zip_names(head: bytes) -> list[bytes]:
    """Names in the local headers that stand in the head (APPNOTE.TXT 4.3.7)."""
    names = []
    place = head.find(_ZIP_LOCAL)
    while 0 <= place < len(head) - 30:
        length = int.from_bytes(head[place + 26 : place + 28], "little")
        names.append(head[place + 30 : place + 30 + length])
        place = head.find(_ZIP_LOCAL, place + 30 + length)
    return names


def _tar_names(head: bytes) -> list[bytes]:
    """Names in the tar headers that stand in the head (POSIX ustar: 512-byte blocks, size in octal at 124)."""
    names = []
    place = 0
    while head[place + 257 : place + 262] == b"ustar":
        names.append(head[place : place + 100].partition(b"\0")[0])
        size = head[place + 124 : place + 136].strip(b" \0")
        place += 512 + (-(-int(size, 8) // 512) * 512 if re.fullmatch(rb"[0-7]+", size) else 0)
    return names


def _is_safetensors(head: bytes) -> bool:
    """Eight bytes of header length, then JSON (https://huggingface.co/docs/safetensors/index)."""
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= 100_000_000 and head[5:8] == b"\0\0\0"


def looks_like_pickle(head: bytes) -> bool:
    """True when `pickle.load` would begin to run these bytes: its machine reads opcodes until one is wrong.

    A harmful pickle may be broken after its payload, so a few good opcodes are enough after a protocol mark.
    """
    marked = head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and len(head) > 2
    if not marked and (looks_like_text(head) and not _TEXT_PICKLE.match(head)):
        return False
    good = 0
    try:
        for opcode, _, _ in pickletools.genops(head[:4096]):
            good += 1
            if opcode.name == "STOP":
                return good > 2
    except (ValueError, OverflowError, MemoryError) as error:
        ended = "exhausted" in str(error) or "expected" in str(error) or "no newline" in str(error)
        return good >= (2 if marked else 4 if ended else 8)
    return False  # pragma: no cover - genops ends by STOP or by an error


# Compressed pixels hold few control characters, so they would pass for text of an old encoding.
_PICTURES = (
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"\0\0\1\0",
    b"OggS",
    b"fLaC",
)


def looks_like_text(head: bytes) -> bool:
    """True when an editor would show these bytes as text: UTF-8, UTF-16 or UTF-32, or mostly printable."""
    sample = head[:4096]
    if head.startswith(_PICTURES):
        return False
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or _is_wide(sample):
        return True
    return (len(sample) - len(sample.translate(None, _CONTROLS))) * 50 <= len(sample)


def _is_wide(sample: bytes) -> bool:
    """UTF-16 or UTF-32 without a mark: NUL in all but one of the places of each character, printable in that one."""
    if len(sample) < 8 or sample.count(0) * 5 < len(sample) * 2:
        return False
    planes = [plane for plane in (sample[phase::4] for phase in range(4)) if plane.count(0) * 5 < len(plane)]
    return 1 <= len(planes) <= 2 and not any(plane.translate(None, _PRINTABLE) for plane in planes)
