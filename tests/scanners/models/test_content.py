"""Bytes that are no numbers: programs, scripts, archives and addresses in tensors, with and without numpy."""

import io
import random
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsec_nb.scanners.models.content import filters
from mlsec_nb.scanners.models.content.programs import PROGRAMS
from mlsec_nb.scanners.models.content.texts import addresses
from tests.scanners.models import malicious as bad
from tests.scanners.models.kit import DANGEROUS, LOOK, SAFE, findings, gaps, grade, graded, rules, scan

HEADS = tuple(needle for kind in PROGRAMS for needle in kind.needles)


def windows_program() -> bytes:
    return (b"MZ".ljust(60, b"\0") + struct.pack("<I", 128)).ljust(128, b"\0") + b"PE\0\0\x64\x86".ljust(200, b"\0")


def macos_program() -> bytes:
    return struct.pack("<7I", 0xFEEDFACF, 0x01000007, 3, 2, 5, 500, 0).ljust(200, b"\0")


def tensor(raw: bytes) -> bytes:
    return bad.safetensors({"w": {"dtype": "U8", "shape": [len(raw)], "data_offsets": [0, len(raw)]}}, raw)


def zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture(params=[True, False], ids=["numpy", "no numpy"])
def numpy(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(filters, "_numpy", lambda: None)


@pytest.mark.usefixtures("numpy")
@pytest.mark.parametrize("program", [bad.elf(), windows_program(), macos_program()])
@pytest.mark.parametrize("at", [1, 262_143, 262_144, 300_001, 524_200])
def test_a_program_is_found_wherever_it_stands(program, at):
    noise = bytearray(random.Random(at).randbytes(600_000))
    noise[at : at + len(program)] = program
    items = scan(tensor(bytes(noise)))
    assert [finding.rule.id for finding in findings(items)] == ["MODEL-EXECUTABLE"]
    assert grade(items) == DANGEROUS


@pytest.mark.usefixtures("numpy")
@pytest.mark.parametrize(
    "crowd",
    [
        b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\x3e\0\x02",
        b"\x7fELF",
        b"PE\0\0\x64\x86",
        b"MZ" + b"\0" * 58 + b"\x40\0\0\0",
        b"\xcf\xfa\xed\xfe\x07\0\0\1",
        b"<script",
        b"powershell",
    ],
)
def test_a_program_behind_a_crowd_of_false_beginnings_is_found(crowd):
    items = scan(tensor(crowd * 40_000 + bad.elf() + windows_program() + macos_program()))
    kinds = {finding.evidence.shown for finding in findings(items)}
    assert kinds >= {"An ELF program inside", "A Windows program inside", "A macOS program inside"}
    assert gaps(items) == []


@given(st.binary(max_size=200), st.integers(0, 300), st.sampled_from(HEADS), st.binary(max_size=200))
def test_a_window_that_holds_a_needle_is_never_left_out(before, zeros, needle, behind):
    window = before + b"\0" * zeros + needle + behind
    assert filters.needles(HEADS)(window)


@given(
    st.binary(max_size=100),
    st.integers(0, 64),
    st.text("abc XYZ09\n\t~", min_size=filters.RUN, max_size=60),
    st.integers(0, 64),
)
def test_a_window_that_holds_a_text_is_never_left_out(before, gap, text, rest):
    assert filters.text()(before + b"\xff" * gap + text.encode() + b"\xff" * rest)


def test_most_windows_of_noise_are_left_out():
    chance = random.Random(1)
    windows = [chance.randbytes(1 << 16) for _ in range(20)]
    assert sum(filters.needles(HEADS)(window) for window in windows) <= 1
    assert sum(filters.text()(window) for window in windows) <= 4


@pytest.mark.usefixtures("numpy")
def test_an_archive_inside_of_a_tensor_is_told_and_looked_into():
    noise = random.Random(5).randbytes(5000)
    assert graded(tensor(noise + zipped("notes.txt", b"nothing") + noise)) == LOOK
    items = scan(tensor(noise + zipped("model.pkl", bad.EVIL) + noise * 20))
    assert "MODEL-HIDDEN-DATA" in rules(items)
    assert grade(items) == DANGEROUS


@pytest.mark.parametrize("address", [
    "https://webhook.site/0f3a", "http://a1b2.ngrok.io/x", "https://discord.com/api/webhooks/12/ab", "http://8.8.4.4:80/x",
    "https://pastebin.com/raw/abcd", "https://api.telegram.org/bot12:ab/send",
])  # fmt: skip
def test_an_address_where_data_could_be_sent_needs_a_look(address):
    assert graded(bad.safetensors({"__metadata__": {"note": f"see {address}"}}, b"")) == LOOK
    assert graded(bad.pickle.dumps({"note": f"see {address}"})) == LOOK


@pytest.mark.parametrize("address", [
    "https://huggingface.co/bert", "http://127.0.0.1:8080/", "http://192.168.1.4/", "https://pastebin.community/x",
    "https://discord.com/invite/x", "http://1.2.3/4", "webhook.site", "https://example.org/?u=pastebin.com",
])  # fmt: skip
def test_ordinary_addresses_need_no_look(address):
    assert graded(bad.pickle.dumps({"note": f"see {address}"})) == SAFE


def test_an_address_is_told_once_and_a_list_of_them_is_cut():
    text = b" ".join(b"http://x%d.ngrok.io/ " % (number % 30) for number in range(300))
    assert len(list(addresses(text))) == 300
    assert len(findings(scan(bad.pickle.dumps([text.decode()])))) == 5
