"""Databases of rpm, written by hand in each of the three forms."""

import sqlite3
import struct
from pathlib import Path

Tag = tuple[int, int, list[str] | list[int]]  # tag, type, values


def header(name: str, version: str, release: str, *more: Tag) -> bytes:
    """The header of one package."""
    tags: list[Tag] = [(1000, 6, [name]), (1001, 6, [version]), (1002, 6, [release]), *more]
    index, store = b"", b""
    for tag, kind, values in tags:
        if kind == 4:
            store += b"\0" * (-len(store) % 4)
        index += struct.pack(">IIII", tag, kind, len(store), len(values))
        if kind == 4:
            store += b"".join(struct.pack(">I", value) for value in values)
        else:
            store += b"".join(str(value).encode() + b"\0" for value in values)
    return struct.pack(">II", len(tags), len(store)) + index + store


def sqlite(folder: Path, headers: list[bytes], page: int = 4096) -> bytes:
    path = folder / "rpmdb.sqlite"
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA page_size = {page}")
    base.execute("CREATE TABLE Other (a TEXT)")
    base.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    base.executemany("INSERT INTO Packages (blob) VALUES (?)", [(one,) for one in headers])
    base.commit()
    base.close()
    return path.read_bytes()


def ndb(headers: list[bytes]) -> bytes:
    """One page of slots, then the blobs."""
    head = struct.pack("<4sIII16x", b"RpmP", 0, 1, 1)
    slots, blobs = b"", b""
    for number, one in enumerate(headers, 1):
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(blobs)) // 16, 1)
        blob = struct.pack("<4sIII", b"BlbS", number, 0, len(one)) + one
        blobs += blob + b"\0" * (-len(blob) % 16)
    slots += struct.pack("<4sIII", b"Slot", 0, 0, 0) * (254 - len(headers))
    return head + slots + blobs


def berkeley(headers: list[bytes], page: int = 4096, order: str = "<") -> bytes:
    """A page of metadata, a hash page with what fits in it, and chains of pages for the rest."""
    pages = [b"", b""]
    items: list[bytes] = []
    for number, one in enumerate(headers, 1):
        items.append(b"\x01" + struct.pack(f"{order}I", number))
        if len(one) < page // 8:
            items.append(b"\x01" + one)
            continue
        items.append(struct.pack(f"{order}B3xII", 3, len(pages), len(one)))
        room = page - 26
        parts = [one[at : at + room] for at in range(0, len(one), room)]
        for at, part in enumerate(parts):
            following = len(pages) + 1 if at + 1 < len(parts) else 0
            head = struct.pack(f"{order}8xIIIHHBB", len(pages), 0, following, 1, len(part), 0, 7)
            pages.append((head + part).ljust(page, b"\0"))
    place, offsets, body = page, list[int](), bytearray(page)
    for item in items:
        place -= len(item)
        offsets.append(place)
        body[place : place + len(item)] = item
    head = struct.pack(f"{order}8xIIIHHBB", 1, 0, 0, len(items), place, 0, 13)
    head += struct.pack(f"{order}{len(offsets)}H", *offsets)
    body[: len(head)] = head
    pages[1] = bytes(body)
    meta = struct.pack(f"{order}8xIIIIBBBBIII", 0, 0x00061561, 9, page, 0, 8, 0, 0, 0, len(pages) - 1, 0)
    pages[0] = meta.ljust(page, b"\0")
    return b"".join(pages)
