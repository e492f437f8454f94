"""Pixels are no text; what is written into an image is."""

import base64
import json
import zlib

import pytest

from mlsec_nb.core import Part
from mlsec_nb.notebooks import images, read_bytes


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def png(*chunks: bytes, tail: bytes = b"") -> bytes:
    parts = (chunk(b"IHDR", bytes(13)), *chunks, chunk(b"IDAT", b"PIXELPIXELPIXEL"), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + tail


def jpeg(*segments: tuple[int, bytes], tail: bytes = b"") -> bytes:
    parts = [bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body for marker, body in segments]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda\x00\x02PIXELPIXEL\xff\xd9" + tail


def gif(comment: bytes, tail: bytes = b"") -> bytes:
    head = b"GIF89a\1\0\1\0\x80\0\0" + bytes(6)
    frame = b"\x2c" + bytes(8) + b"\x80" + bytes(6) + b"\2\x0aPIXELPIXEL\0"
    return head + b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0" + frame + b";" + tail


def webp(kind: bytes, body: bytes) -> bytes:
    pad = b"\0" * (len(body) % 2)
    return b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0PIXELPIXEL" + kind + len(body).to_bytes(4, "little") + body + pad


def pdf(page: bytes, *, packed: bool) -> bytes:
    body = zlib.compress(page) if packed else page
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n5 0 obj<</Subtype/Image>>stream\nPIXELPIXELPIXEL\nendstream endobj\n"
    kind = b"/Filter/FlateDecode" if packed else b""
    return head + b"4 0 obj<</Length 1" + kind + b">>stream\n" + body + b"\nendstream endobj\ntrailer<<>>\n%%EOF"


IMAGES = {
    "tEXt": png(chunk(b"tEXt", b"Comment\0a needle here")),
    "zTXt": png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a needle here"))),
    "iTXt": png(chunk(b"iTXt", b"Comment\0\0\0en\0x\0a needle here")),
    "iTXt packed": png(chunk(b"iTXt", b"Comment\0\1\0en\0x\0" + zlib.compress(b"a needle here"))),
    "eXIf": png(chunk(b"eXIf", b"II*\0a needle here\0")),
    "behind a PNG": png(tail=b"a needle here"),
    "JPEG comment": jpeg((0xE0, b"JFIF\0binary binary"), (0xFE, b"a needle here")),
    "EXIF": jpeg((0xE1, b"Exif\0\0MM" + "a needle here".encode("utf-16-le"))),
    "behind a JPEG": jpeg(tail=b"a needle here"),
    "GIF comment": gif(b"a needle here"),
    "behind a GIF": gif(b"-", tail=b"a needle here"),
    "WebP": webp(b"EXIF", b"a needle here"),
    "TIFF": b"II*\0a needle here",
    "PDF": pdf(b"BT (a needle here) Tj ET", packed=False),
    "packed PDF": pdf(b"BT [(a ne) -20.5 (edle) 3(\\(here\\))] TJ ET", packed=True),
    "properties of a PDF": b"%PDF-1.7\n1 0 obj<</Title (a needle here)>>endobj\n%%EOF",
    "data in a PDF": pdf(b"a needle here", packed=True),
}  # fmt: skip


def displayed(payload: str | list[str], mime: str = "image/png") -> bytes:
    output = {"output_type": "display_data", "metadata": {}, "data": {mime: payload}}
    return json.dumps({"cells": [{"cell_type": "code", "source": "", "metadata": {}, "outputs": [output]}]}).encode()


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize("name", IMAGES)
def test_texts_inside_images_are_read_and_pixels_are_not(name, wrap):
    payload = (base64.encodebytes if wrap else base64.b64encode)(IMAGES[name]).decode()
    document = read_bytes(displayed(payload), "a.ipynb")
    [segment] = [s for s in document.segments if "needle" in s.text]
    assert "PIXEL" not in segment.text
    assert segment.at(0, 3).part == "output 1 image/png"
    assert segment.at(0, 3).raw_line == 1


def test_a_text_inside_an_image_is_placed_in_its_payload():
    data = IMAGES["tEXt"]
    payload = base64.encodebytes(data).decode()
    [(offset, text)] = list(images.texts(payload, "png"))
    assert text == "Comment: a needle here"
    assert base64.b64decode(payload[offset // 77 * 77 :].replace("\n", "")[offset % 77 // 4 * 4 :])[:9].find(
        b"Com"
    ) in {0, 1, 2}


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0\0", png()[:-20], b"GIF89a", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xff",
                                  png(chunk(b"zTXt", b"C\0\0broken")), png(chunk(b"iTXt", b"C")), gif(b"x")[:-9]])  # fmt: skip
def test_damaged_images_end_well(data):
    read_bytes(displayed(base64.b64encode(data).decode()), "a.ipynb")


def test_what_only_claims_to_be_an_image_is_text():
    document = read_bytes(displayed(["a needle\n", "there"]), "a.ipynb")
    assert "a needle\nthere" in [s.text for s in document.segments]


def test_a_bomb_in_a_text_chunk_is_cut():
    bomb = png(chunk(b"zTXt", b"C\0\0" + zlib.compress(b"x" * (8 << 20))))
    document = read_bytes(displayed(base64.b64encode(bomb).decode()), "a.ipynb")
    assert sum(len(s.text) for s in document.segments) < 2 << 20


@pytest.mark.parametrize("part", ["markdown", "html"])
def test_images_inside_a_text_are_left_out_and_their_texts_told(part):
    uri = "data:image/png;base64," + base64.b64encode(IMAGES["tEXt"]).decode()
    html = f"before <img src='{uri}'> after"
    if part == "html":
        document = read_bytes(displayed(html, "text/html"), "a.ipynb")
    else:
        document = read_bytes(json.dumps({"cells": [{"cell_type": "markdown", "source": html}]}).encode(), "a.ipynb")
    shown = [s for s in document.segments if s.text]
    assert [s.text for s in shown] == ["before <img src='data:image/png;base64,'> after", "Comment: a needle here\n"]
    start = shown[0].text.index("after")
    assert shown[0].at(start, start + 5).column == start + 1
    assert shown[0].part in {Part.MARKDOWN, Part.OUTPUT}


def test_attachments_are_read_with_their_names():
    cell = {"cell_type": "markdown", "source": "", "attachments": {"x.png": {"text/plain": "needle"}}}
    document = read_bytes(json.dumps({"cells": [cell]}).encode(), "a.ipynb")
    assert [(s.place.part, s.text) for s in document.segments if s.part is Part.ATTACHMENT] == [
        ("attachment x.png text/plain", "needle")
    ]
    assert any("x.png" in s.text for s in document.segments)
