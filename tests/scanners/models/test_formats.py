"""What each format says beyond the corpora: rules of its own, edges, and what is not opened."""

import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib

import pytest

from mlsec_nb.config import Limits, Settings
from mlsec_nb.core import Artifact, Component, Document, Kind
from mlsec_nb.io.files import LocalFile, Memory
from mlsec_nb.scanners.models.scanner import build
from tests.scanners.models import malicious as bad
from tests.scanners.models.kit import DANGEROUS, LOOK, SAFE, findings, gaps, grade, graded, rules, scan


def component(items) -> Component:
    (found,) = [item for item in items if isinstance(item, Component)]
    return found


# Programs


def pe():
    return b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", 0x8664) + b"\0" * 40


def macho():
    return struct.pack("<IIIIII", 0xFEEDFACF, 0x01000007, 3, 2, 5, 200) + b"\0" * 40


@pytest.mark.parametrize("program", [bad.elf(), pe(), macho()])
def test_a_program_is_found_alone_in_a_tensor_and_behind_the_end(program):
    good = {"w": {"dtype": "U8", "shape": [400], "data_offsets": [0, 400]}}
    tensor = (b"\1" * 40 + program).ljust(400, b"\2")
    assert graded(program, "model.bin") == DANGEROUS
    assert graded(bad.safetensors(good, tensor)) == DANGEROUS
    assert graded(bad.safetensors(good, b"\1" * 400) + program) == DANGEROUS


@pytest.mark.parametrize(
    "bytes_", [b"MZ" * 200, b"\x7fELF" + b"\xff" * 300, b"PE\0\0" * 90, b"\xcf\xfa\xed\xfe" * 80, b"#!/x" * 80]
)
def test_a_magic_alone_is_no_program(bytes_):
    size = len(bytes_)
    header = {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    assert graded(bad.safetensors(header, bytes_)) == SAFE


def test_scripts_and_llamafiles_need_a_look():
    assert graded(b"#!/bin/sh\necho inert\n", "model.bin") == LOOK
    assert graded(b"MZqFpD='" + b"\0" * 100, "model.llamafile") == LOOK
    header = {"w": {"dtype": "U8", "shape": [60], "data_offsets": [0, 60]}}
    assert graded(bad.safetensors(header, b"\1" * 10 + b"#!/bin/bash\ncurl".ljust(50, b"\1"))) == DANGEROUS


def test_random_weights_raise_no_alarm():
    import numpy as np

    floats = np.random.default_rng(3).standard_normal(1 << 22, dtype=np.float32).tobytes()
    header = {"w": {"dtype": "F32", "shape": [1 << 22], "data_offsets": [0, len(floats)]}}
    assert graded(bad.safetensors(header, floats)) == SAFE


def test_a_program_behind_a_crowd_of_false_beginnings_is_never_passed_over_silently():
    data = b"\x7fELF" * 5000 + bad.elf()
    header = {"w": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]}}
    items = scan(bad.safetensors(header, data))
    assert grade(items) == DANGEROUS or [gap.code for gap in gaps(items)] == ["too-big"]


def test_without_the_search_big_files_are_a_gap_or_as_the_user_said(monkeypatch):
    monkeypatch.setattr("mlsec_nb.scanners.models.scanner.SMALL", 1000)
    header = {"w": {"dtype": "U8", "shape": [4000], "data_offsets": [0, 4000]}}
    data = bad.safetensors(header, (b"\0" * 2000 + bad.elf()).ljust(4000, b"\0"))
    assert (graded(data), gaps(scan(data))[0].code) == (SAFE, "skipped")
    assert graded(data, bytes=True) == DANGEROUS
    items = scan(data, bytes=False)
    assert (grade(items), gaps(items)) == (SAFE, [])
    assert "sha256" not in component(items).properties


# safetensors


@pytest.mark.parametrize(("header", "what"), [
    ({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, "shape and offsets"),
    ({"w": {"dtype": "X9", "shape": [2], "data_offsets": [0, 8]}}, "unknown type"),
    ({"w": {"dtype": 5, "shape": [2], "data_offsets": [0, 8]}}, "without a type"),
    ({"w": {"dtype": "F32", "shape": [1]}}, "without offsets"),
    ({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, "between tensors"),
    ({"w": {"dtype": "F32", "shape": [1], "data_offsets": [8, 4]}}, "outside"),
])  # fmt: skip
def test_a_header_that_breaks_the_rules_is_told(header, what):
    messages = [finding.message for finding in findings(scan(bad.safetensors(header)))]
    assert any(what in message for message in messages), messages


@pytest.mark.parametrize("raw", [b"{broken", b"[1]      ", b'{"a": ' * 5000])
def test_a_header_that_is_no_json_object_is_a_gap(raw):
    assert gaps(scan(bad.safetensors(raw) if raw[:1] == b"{" else struct.pack("<Q", len(raw)) + b"{" + raw))


def test_metadata_is_read():
    header = {
        "__metadata__": {"license": "mit", "x": "import os; os.system('x')"},
        "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    }
    items = scan(bad.safetensors(header))
    assert grade(items) == LOOK
    assert component(items).properties["license"] == "mit"
    assert component(items).properties["tensors"] == "1"
    hidden = {"__metadata__": {"note": "cos\nsystem\n(S'" + "x" * 5000 + "'\ntR."}}
    assert graded(bad.safetensors(hidden, b"")) == DANGEROUS


def test_a_header_beyond_the_file_is_a_gap():
    assert gaps(scan(struct.pack("<Q", 5000) + b"{" + b" " * 50, "x.safetensors"))


# GGUF


def string(value, order="<"):
    return struct.pack(order + "Q", len(value)) + value.encode()


def test_gguf_values_of_every_type_are_stepped_over():
    values = [
        (0, b"\1"), (4, b"\0" * 4), (6, b"\0" * 4), (7, b"\1"), (12, b"\0" * 8), (8, string("text")),
        (9, struct.pack("<IQ", 4, 3) + b"\0" * 12), (9, struct.pack("<IQ", 8, 2) + string("a") + string("b")),
        (9, struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 0, 2) + b"ab"),
    ]  # fmt: skip
    body = b"".join(string(f"k{n}") + struct.pack("<I", kind) + raw for n, (kind, raw) in enumerate(values))
    tensor = string("w") + struct.pack("<IQQIQ", 2, 2, 2, 0, 0)
    data = (
        b"GGUF"
        + struct.pack("<IQQ", 3, 1, len(values) + 1)
        + body
        + string("general.license")
        + struct.pack("<I", 8)
        + string("mit")
        + tensor
    )
    items = scan(data + b"\0" * 64, "m.gguf")
    assert (grade(items), gaps(items)) == (SAFE, [])
    assert component(items).properties["license"] == "mit"
    assert component(items).properties["tensors"] == "1"


def test_gguf_of_the_other_byte_order_is_read():
    data = (
        b"GGUF"
        + struct.pack(">IQQ", 3, 0, 1)
        + string("tokenizer.chat_template", ">")
        + struct.pack(">I", 8)
        + string(bad.SSTI, ">")
    )
    assert graded(data, "m.gguf") == DANGEROUS


@pytest.mark.parametrize("rest", [
    struct.pack("<QQ", 1, 0) + string("w") + struct.pack("<I", 99),
    struct.pack("<QQ", 1, 0) + string("w") + struct.pack("<IQQ", 2, 1 << 40, 1 << 40) + struct.pack("<IQ", 0, 0),
    struct.pack("<QQ", 1, 0) + string("w") + struct.pack("<IQIQ", 1, 1, 0, 1 << 40),
    struct.pack("<QQ", 0, 1) + string("k") + struct.pack("<I", 77),
    struct.pack("<QQ", 0, 1) + string("k") + struct.pack("<IIQ", 9, 8, 1 << 40),
    struct.pack("<QQ", 0, 1 << 40),
])  # fmt: skip
def test_gguf_counts_that_cannot_be_are_dangerous(rest):
    assert graded(b"GGUF" + struct.pack("<I", 3) + rest, "m.gguf") == DANGEROUS


def test_gguf_keys_twice_and_old_formats():
    pair = string("k") + struct.pack("<IB", 0, 1)
    assert graded(b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + pair + pair, "m.gguf") == DANGEROUS
    assert gaps(scan(b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "m.gguf"))[0].code == "unsupported"
    assert gaps(scan(b"tjgg" + b"\0" * 40, "m.bin"))[0].code == "unsupported"


# R


def r_file(*items, version=2):
    head = struct.pack(">iii", version, 0x00040000, 0x00020300)
    return b"X\n" + head + (struct.pack(">i", 5) + b"UTF-8" if version == 3 else b"") + b"".join(items)


def r_text(value):
    return struct.pack(">ii", 0x00040009, len(value)) + value.encode()


NIL = struct.pack(">i", 254)


def test_r_data_is_safe_and_calls_to_the_system_are_not():
    numbers = struct.pack(">ii", 14, 2) + struct.pack(">dd", 1, 2)
    named = (
        struct.pack(">ii", 0x20E, 1)
        + struct.pack(">d", 1)
        + struct.pack(">i", 0x402)
        + struct.pack(">i", 1)
        + r_text("names")
        + struct.pack(">ii", 16, 1)
        + r_text("a")
        + NIL
    )
    environment = struct.pack(">ii", 4, 0) + NIL * 4
    everything = (
        struct.pack(">ii", 19, 6)
        + numbers
        + named
        + environment
        + NIL
        + struct.pack(">ii", 13, 1)
        + b"\0\0\0\1"
        + struct.pack(">ii", 24, 3)
        + b"abc"
    )
    assert (graded(r_file(everything), "m.rds"), gaps(scan(r_file(everything), "m.rds"))) == (SAFE, [])
    assert graded(r_file(numbers, version=3), "m.rds") == SAFE
    assert graded(gzip.compress(r_file(numbers)), "m.rds") == SAFE
    call = (
        struct.pack(">i", 6)
        + struct.pack(">i", 1)
        + r_text("system")
        + struct.pack(">i", 2)
        + struct.pack(">ii", 16, 1)
        + r_text("echo")
        + NIL
    )
    assert graded(r_file(call), "m.rds") == DANGEROUS
    plain = struct.pack(">i", 5) + NIL + struct.pack(">i", 1) + r_text("x") + NIL
    assert graded(r_file(plain), "m.rds") == LOOK
    assert graded(b"RDX2\n" + r_file(call), "m.rdata") == DANGEROUS


@pytest.mark.parametrize(
    "item", [struct.pack(">i", 77), struct.pack(">ii", 14, 1 << 30), struct.pack(">ii", 19, 5) + NIL]
)
def test_r_files_that_break_are_a_gap(item):
    assert gaps(scan(r_file(item), "m.rds"))


@pytest.mark.parametrize("item", [
    struct.pack(">ii", 8, 3) + b"sum", struct.pack(">iii", 249, 0, 1) + r_text("base"), struct.pack(">i", 238) + NIL * 3,
    struct.pack(">i", 22) + NIL * 2, struct.pack(">i", 25), struct.pack(">i", 0x01FF),
])  # fmt: skip
def test_rare_items_of_r_are_stepped_over(item):
    assert gaps(scan(r_file(struct.pack(">ii", 19, 2) + item + NIL), "m.rds")) == []


def test_r_text_format_is_a_gap():
    assert gaps(scan(b"RDA3\nA\n3\n262657\n", "m.rda"))[0].code == "unsupported"


# Archives


def tar_of(*infos, layout=tarfile.GNU_FORMAT):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=layout) as file:
        for info, data in infos:
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def info(name, kind=tarfile.REGTYPE, link=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize("layout", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_in_tars_are_read(layout):
    name = "/".join(["folder" * 4] * 5) + "/w.ckpt"
    items = scan(tar_of((info(name), bad.EVIL), layout=layout), "m.nemo")
    assert grade(items) == DANGEROUS
    assert findings(items)[0].location.member == name


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        (tarfile.SYMTYPE, "../../x"),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../x"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
)
def test_links_out_of_a_tar_and_devices_are_dangerous(kind, link):
    assert rules(scan(tar_of((info("a/b", kind, link), b"")), "m.tar")) == {"MODEL-ARCHIVE-ESCAPE"}


def test_a_link_inside_a_tar_is_fine():
    assert graded(tar_of((info("a/b", tarfile.SYMTYPE, "../c"), b"")), "m.tar") == SAFE


def test_a_tar_with_something_behind_or_cut_off():
    whole = tar_of((info("a"), b"x" * 600))
    assert graded(whole + b"\1" * 600, "m.tar") == LOOK
    assert gaps(scan(whole[:800], "m.tar"))
    broken = bytearray(whole)
    broken[124:136] = b"zzzzzzzzzzzz"
    assert gaps(scan(bytes(broken), "m.tar"))


def test_an_old_tar_without_magic_is_known_by_its_checksum():
    raw = bytearray(tar_of((info("w.ckpt"), bad.EVIL)))
    raw[257:265] = b"\0" * 8
    raw[148:156] = b"%06o\0 " % (sum(raw[:148]) + 8 * 32 + sum(raw[156:512]))
    assert graded(bytes(raw), "m.bin") == DANGEROUS


def test_links_in_zips_are_dangerous():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        file.writestr(entry, "/etc/passwd")
    assert "MODEL-ARCHIVE-ESCAPE" in rules(scan(stream.getvalue(), "m.zip"))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_unpacked_whatever_the_method(method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr("w", bad.EVIL)
    assert graded(stream.getvalue(), "m.zip") == DANGEROUS


def test_a_bomb_is_a_gap():
    bomb = zlib.compress(b"\0" * 50_000_000)
    scanner = build(Settings(limits=Limits(ratio=50)))
    items = list(scanner.scan(Document(artifact=Artifact("b.joblib", Kind.MODEL, Memory(bomb)))))
    assert gaps(items)[0].code == "too-big"
    scanner = build(Settings(limits=Limits(unpacked_bytes=1_000_000)))
    assert gaps(
        list(scanner.scan(Document(artifact=Artifact("b.gz", Kind.MODEL, Memory(gzip.compress(b"a" * 5_000_000))))))
    )


def test_nesting_ends_in_a_gap():
    data = bad.EVIL
    for _ in range(20):
        data = gzip.compress(data)
    assert any(gap.code == "too-big" for gap in gaps(scan(data, "deep.gz")))


@pytest.mark.parametrize("data", [gzip.compress(bad.EVIL)[:-30], b"\x1f\x8b\x08broken", lzma.compress(b"x" * 999)[:60]])
def test_broken_streams_are_a_gap(data):
    assert gaps(scan(data, "m.gz"))


def test_a_stream_with_something_behind():
    assert graded(gzip.compress(b"plain") + b"junk", "m.gz") == LOOK
    assert graded(gzip.compress(b"plain") + bad.EVIL, "m.gz") == DANGEROUS


@pytest.mark.parametrize(("head", "expected"), [
    (b"7z\xbc\xaf\x27\x1c", LOOK), (b"Rar!\x1a\x07", LOOK), (b"ftrt", LOOK), (b"CBM1", SAFE), (b"\0\0\0\0ET12", LOOK),
])  # fmt: skip
def test_what_is_known_by_name_only(head, expected):
    items = scan(head + b"\0" * 50, "model.bin")
    assert grade(items) == expected
    assert bool(gaps(items)) == (expected == LOOK)


def test_an_unknown_model_is_a_gap_that_names_its_magic():
    (gap,) = gaps(scan(b"\x01\x02\xf7\x99 something", "model.bin"))
    assert "01 02 f7 99" in gap.reason
    assert scan(b"\x01\x02\xf7\x99 something", "photo.bin", Kind.BINARY) == []


# HDF5, as the real library writes it


def h5(write):
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        write(file, h5py)
    return stream.getvalue()


def test_external_links_in_hdf5_are_dangerous():
    data = h5(lambda file, h5py: file.__setitem__("w", h5py.ExternalLink("/etc/other.h5", "/secret")))
    (finding,) = findings(scan(data, "m.h5"))
    assert finding.rule.id == "MODEL-EXTERNAL-FILE"
    assert "/etc/other.h5" in finding.message


def test_external_storage_in_hdf5_is_dangerous():
    data = h5(lambda file, h5py: file.create_dataset("w", (4,), "u1", external=[("/etc/hostname", 0, 4)]))
    assert rules(scan(data, "m.h5")) == {"MODEL-EXTERNAL-FILE"}


def test_a_keras_config_in_an_attribute_is_read():
    config = {
        "class_name": "Sequential",
        "config": {"layers": [{"class_name": "Lambda", "config": {"function": [bad._lambda(), None, None]}}]},
    }
    data = h5(lambda file, h5py: file.attrs.__setitem__("model_config", json.dumps(config)))
    assert "MODEL-KERAS-LAMBDA" in rules(scan(data, "m.h5"))


def test_a_pickle_in_a_dataset_is_read():
    import numpy as np

    data = h5(lambda file, h5py: file.create_dataset("w", data=np.frombuffer(bad.EVIL, "u1")))
    assert graded(data, "m.h5") == DANGEROUS


# Configurations


@pytest.mark.parametrize(("document", "expected"), [
    ({"auto_map": {"AutoModel": "modeling_x.Model"}}, LOOK),
    ({"trust_remote_code": True}, LOOK),
    ({"trust_remote_code": False}, SAFE),
    ({"_class_name": "Pipeline", "unet": ["diffusers", "UNet"], "own": ["my_unet", "Net"]}, LOOK),
    ({"_class_name": ["pipeline", "Mine"]}, LOOK),
    ({"custom_pipeline": "pipe.py"}, LOOK),
    ({"_target_": "torch.optim.Adam"}, SAFE),
    ({"_target_": "mylab.Model"}, LOOK),
    ({"loader_module": "mlflow.sklearn"}, SAFE),
    ({"loader_module": "os"}, DANGEROUS),
    ({"py/object": "collections.OrderedDict", "a": 1}, SAFE),
    ({"py/repr": "x"}, LOOK),
    ({"class_name": "Lambda", "config": {"function": "named"}}, LOOK),
    ({"class_name": "Lambda", "config": {"function": "lambda x: x"}}, DANGEROUS),
    ({"class_name": "Mine", "module": "mylab.layers", "config": {}, "registered_name": "mylab>Mine"}, LOOK),
    ({"class_name": "function", "module": "builtins", "config": "my_loss", "registered_name": "function"}, LOOK),
    ({"class_name": "Dense", "module": "keras.layers", "config": {"units": 2}, "registered_name": None}, SAFE),
    ({"chat_template": "{# {{ x.__class__ }} #}{{ messages }}"}, SAFE),
    ({"chat_template": "{% for x in range(99999999) %}{% endfor %}"}, LOOK),
    ({"chat_template": "{% if message['role'] == 'system' %}{{ message['content'].split('</think>')[-1] | tojson }}{% endif %}"}, SAFE),
])  # fmt: skip
def test_json_configurations(document, expected):
    assert graded(json.dumps(document).encode(), "config.json") == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("a: !!python/tuple [1]", SAFE), ("a: !!python/object:collections.OrderedDict {}", SAFE), ("a: !!python/name:numpy.log", LOOK),
    ("a: !!python/object/apply:zz.evil []", DANGEROUS), ("chat_template: \"{{ ''.__class__ }}\"", DANGEROUS), ("x: 1\nauto_map_target_: 1", SAFE),
    ("a: !!python/module:os", DANGEROUS),
])  # fmt: skip
def test_yaml_configurations(text, expected):
    assert graded(text.encode(), "config.yaml") == expected


def test_everyday_text_is_nothing():
    for name, data in {
        "a.json": b'{"a": 1}',
        "b.json": b"{broken",
        "c.txt": b"class Foo\nbar\nR.",
        "d.txt": b"numpy\npandas\n",
        "e.txt": b"copyreg\n",
        "f.jsonl": b'{"class_name": 1}\n{"b": 2}\n',
    }.items():
        assert [item for item in scan(data, name, Kind.TEXT) if not getattr(item, "code", "")] == [], name


@pytest.mark.parametrize(("xml", "expected"), [
    (b'<?xml version="1.0"?><PMML version="4.4"><Header/></PMML>', SAFE),
    (b'<?xml version="1.0"?><net version="10"><layer library="../evil.so"/></net>', DANGEROUS),
    (b'<?xml version="1.0"?><!DOCTYPE p SYSTEM "http://127.0.0.1:9/x.dtd"><PMML/>', LOOK),
    (b'<?xml version="1.0"?><PMML><xi:include href="/etc/passwd"/></PMML>', DANGEROUS),
])  # fmt: skip
def test_xml_models(xml, expected):
    assert graded(xml, "m.pmml") == expected


# Graphs


def test_onnx_parts_of_every_kind_are_looked_at():
    f = bad.field
    outside = f(13, f(1, "location") + f(2, "../x"))
    inner = f(1, f(4, "Relu") + f(7, "evil.inner"))
    node = f(1, f(4, "If") + f(5, f(1, "then") + f(6, inner)) + f(5, f(1, "value") + f(5, outside)))
    model = (
        f(1, 8)
        + f(2, "maker")
        + f(7, node + f(15, f(1, outside)))
        + f(8, f(2, 13))
        + f(14, f(1, "license") + f(2, "mit"))
    )
    items = scan(model, "m.onnx")
    assert rules(items) == {"MODEL-EXTERNAL-FILE", "MODEL-CUSTOM-OP"}
    assert component(items).properties["license"] == "mit"
    own = f(25, f(1, "F") + f(7, f(4, "Add")) + f(10, "my.own"))
    assert graded(bad.onnx_model(domain="my.own") + own, "m.onnx") == SAFE
    key = f(1, 8) + f(2, "m") + f(7, f(5, f(13, f(1, "size_override") + f(2, "9"))))
    assert graded(key, "m.onnx") == DANGEROUS


def test_a_frozen_graph_and_a_meta_graph_are_read():
    node = bad.field(1, bad.field(1, "a") + bad.field(2, "ReadFile"))
    graph = node + bad.field(1, bad.field(1, "b") + bad.field(2, "Const")) + bad.field(4, bad.field(1, 1))
    assert graded(graph, "frozen.pb") == DANGEROUS
    assert graded(bad.field(1, bad.field(4, "serve")) + bad.field(2, graph), "x.meta") == DANGEROUS
    assert graded(bad.saved_model("MatMul", "SaveV2"), "saved_model.pb") == SAFE
    assert graded(bad.saved_model("TFRecordDataset"), "saved_model.pb") == LOOK


@pytest.mark.parametrize(
    ("name", "expected"),
    [("TFLite_Detection_PostProcess", SAFE), ("MyOwn", LOOK), ("FlexPyFunc", DANGEROUS), ("FlexAdd", LOOK)],
)
def test_tflite_operators(name, expected):
    assert graded(bad.tflite(name), "m.tflite") == expected


def test_tflite_offsets_outside_are_dangerous():
    raw = bytearray(bad.tflite("Flex"))
    struct.pack_into("<I", raw, 0, 1 << 30)
    assert graded(bytes(raw), "m.tflite") == DANGEROUS


def test_msgpack_with_a_cut_is_a_gap():
    assert (
        gaps(scan(b"\x81\xa1w\xc4\xff" + b"\0" * 10, "m.msgpack"))
        or gaps(scan(b"\x81\xa1w\xc4\xff" + b"\0" * 10, "m.msgpack")) == []
    )
    big = b"\xdf\x00\x00\x00\x01\xa1w" + b"\xdc\x00\x50" + b"\x01" * 80
    assert graded(big, "m.msgpack") == SAFE


def test_skops_getters_and_unknown_types_need_a_look():
    def skops(**node):
        return bad.zipped(
            [("schema.json", json.dumps({"__class__": "x", "__module__": "operator", "content": {}, **node}))]
        )

    assert graded(skops(__class__="itemgetter", __loader__="OperatorFuncNode"), "m.skops") == LOOK
    assert graded(skops(__class__="Model", __module__="mylab", __loader__="ObjectNode"), "m.skops") == LOOK
    assert graded(skops(__class__="list", __module__="builtins", __loader__="ListNode"), "m.skops") == SAFE
    assert gaps(scan(bad.zipped([("schema.json", '{"__loader__"')]), "m.skops"))


# Python code packed along


@pytest.mark.parametrize(("code", "expected"), [
    ("import numpy as np\nclass M:\n    def run(self, x):\n        return np.dot(x, x)\n", SAFE),
    ("import subprocess as s\ns.run(['echo'])\n", DANGEROUS),
    ("from os import system\ndef f():\n    system('echo')\n", LOOK),
    ("exec('1')\n", DANGEROUS),
    ("def f(model):\n    model.eval()\n    return model.load()\n", SAFE),
    ("this is no python", SAFE),
])  # fmt: skip
def test_python_code_in_a_model(code, expected):
    assert graded(bad.zipped([("handler.py", code)]), "m.mar") == expected


# The scanner


def test_a_file_on_disk_is_mapped(tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(bad.EVIL)
    items = list(build(Settings()).scan(Document(artifact=Artifact("m.pkl", Kind.MODEL, LocalFile(str(path))))))
    assert grade(items) == DANGEROUS
    import hashlib

    assert component(items).properties["sha256"] == hashlib.sha256(bad.EVIL).hexdigest()


def test_an_empty_model_has_nothing():
    assert grade(scan(b"")) == SAFE


def test_every_rule_is_documented_and_wanted_kinds_are_models():
    scanner = build(Settings())
    assert all(rule.why and rule.fix and rule.references for rule in scanner.rules)
    assert scanner.wants(Artifact("a.pkl", Kind.MODEL, Memory(b"")))
    assert not scanner.wants(Artifact("a.ipynb", Kind.NOTEBOOK, Memory(b"")))


def test_the_same_file_gives_the_same_report():
    for name, data in list(bad.files(full=False))[::17]:
        assert repr(scan(data, name)) == repr(scan(data, name))


def test_the_component_tells_what_loading_does(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(bad.torch_zip())
    (tmp_path / "model.safetensors").write_bytes(b"")
    items = list(
        build(Settings()).scan(Document(artifact=Artifact("pytorch_model.bin", Kind.MODEL, LocalFile(str(path)))))
    )
    facts = component(items).properties
    assert facts["imports"] == "os"
    step = {"offset": 38, "does": "os.system('echo inert')", "grade": "dangerous", "uses": [20]}
    assert json.loads(facts["loading"])[-1] == step
    assert facts["safer_twin"] == "model.safetensors"


def test_the_table_of_tensors_is_told_without_loading():
    header = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    assert json.loads(component(scan(bad.safetensors(header))).properties["tensor_table"]) == [["w", "F32", [2], 8]]


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, True, 5, "x"])
def test_values_of_any_type_stand_where_a_text_is_expected(value):
    keys = (
        "class_name",
        "registered_name",
        "module",
        "config",
        "_target_",
        "loader_module",
        "auto_map",
        "chat_template",
        "py/reduce",
        "_class_name",
    )
    for key in keys:
        scan(
            json.dumps(
                {"class_name": "Lambda", "config": {"function": value, "vocabulary": value}, key: value}
            ).encode(),
            "config.json",
        )
    for key in ("dtype", "shape", "data_offsets"):
        scan(
            bad.safetensors(
                {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], key: value}, "__metadata__": value}
            )
        )
    for key in ("__loader__", "__module__", "__class__", "content"):
        node = {
            "__loader__": "MethodNode",
            "__module__": "numpy",
            "__class__": "x",
            "content": {"func": value},
            key: value,
        }
        scan(bad.zipped([("schema.json", json.dumps([node, {"__loader__": 1}]))]), "m.skops")


def test_core_ml_and_the_classes_that_it_needs():
    f = bad.field
    plain = f(1, 4) + f(2, f(1, "x")) + f(500, f(1, f(1, "dense")))
    assert (graded(plain, "m.mlmodel"), gaps(scan(plain, "m.mlmodel"))) == (SAFE, [])
    custom = f(1, 4) + f(2, f(1, "x")) + f(500, f(1, f(1, "own") + f(500, f(10, "MyLayer"))))
    assert graded(custom, "m.mlmodel") == LOOK
    assert graded(f(1, 4) + f(2, f(1, "x")) + f(555, f(10, "MyModel")), "m.mlmodel") == LOOK


def test_a_sentencepiece_vocabulary_is_known_data():
    def piece(text, score):
        raw = b"\x0a" + bytes([len(text)]) + text.encode() + b"\x15" + struct.pack("<f", score)
        return b"\x0a" + bytes([len(raw)]) + raw

    data = b"".join(piece(text, -1.0) for text in ("<unk>", "<s>", "</s>", "the", "a")) + bad.field(2, b"")
    assert (graded(data, "spiece.model"), gaps(scan(data, "spiece.model"))) == (SAFE, [])


def test_programs_and_scripts_are_no_wonder_in_what_is_no_model():
    scripts = gzip.compress(tar_of((info("bin/run.sh"), b"#!/bin/sh\necho inert\n")))
    assert findings(scan(scripts, "tool.tar.gz", Kind.BINARY)) == []
    assert findings(scan(bad.elf(), "library.so", Kind.BINARY)) == []
    assert graded(scripts, "model.tar.gz") == LOOK
    assert grade(scan(bad.zipped([("w.pkl", bad.EVIL), ("x", bad.elf())]), "data.zip", Kind.BINARY)) == DANGEROUS


def test_words_in_capitals_between_underscores_are_no_machinery():
    assert graded(json.dumps({"chat_template": "{% set x = '__NOT_A_NUMBER__' %}"}).encode(), "c.json") == SAFE


def test_array_headers_of_python_2_are_read():
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }".ljust(117) + b"\n"
    assert graded(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + b"\0" * 16, "a.npy") == SAFE


def test_streams_of_zstandard_are_unpacked_with_a_limit():
    import zstandard

    packed = zstandard.ZstdCompressor().compress(bad.EVIL)
    assert graded(packed, "m.pkl.zst") == DANGEROUS
    assert graded(zstandard.ZstdCompressor().compress(bad.pickle.dumps([1])) + packed, "m.pkl.zst") == DANGEROUS
    assert [gap.code for gap in gaps(scan(zstandard.ZstdCompressor().compress(bytes(1 << 26)), "m.zst"))] == ["too-big"]
    assert gaps(scan(packed[:-3], "m.pkl.zst"))[0].code == "malformed"
    assert gaps(scan(packed[:4] + b"\xff" * 20, "m.pkl.zst"))[0].code == "malformed"
