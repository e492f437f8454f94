"""Files that do harm when they are loaded, all of them inert: `echo`, port 9 of this machine, names that nothing has.

None of them is ever loaded: they are written by hand, opcode by opcode and byte by byte.
"""

import base64
import bz2
import gzip
import io
import json
import lzma
import marshal
import pickle
import struct
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

from tests.scanners.models.kit import call, gadget, named, new, pair, pickled, split, stacked, text

GADGETS = [
    line for line in Path(__file__).with_name("data").joinpath("gadgets.txt").read_text().splitlines()
    if not line.startswith("#")
]  # fmt: skip
EVIL = pickled(gadget("os.system"))
BROKEN = EVIL[:-1] + b"\xff\xfe"


def files(full: bool):
    """Name and bytes of every file; the gadgets in one way each, or in all."""
    for number, full_name in enumerate(GADGETS):
        for way, data in ways(full_name):
            if full or number % 5 == 0:
                yield f"{full_name}.{way}.pkl", data
    for maker in (tricks, torch_zips, containers, arrays, kerases, configs, graphs, others):
        yield from maker()


def ways(full_name):
    module, name = split(full_name)
    args = pair(text("echo inert"))
    yield "reduce", pickled(stacked(module, name) + args + b"R")
    yield "memo", pickled(stacked(module, name) + b"\x940h\x00" + args + b"R")
    yield "obj", pickled(b"(" + stacked(module, name) + text("echo inert") + b"o")
    if "." not in name:
        yield "inst", pickled(b"(" + text("echo inert") + b"i" + f"{module}\n{name}\n".encode(), 0)


def getattr_(target, name):
    return call(stacked("builtins", "getattr"), target, text(name))


def tricks():
    evil = gadget("os.system")
    bodies = {
        "partial": call(call(stacked("functools", "partial"), stacked("os", "system"), text("x"))),
        "map": new(stacked("builtins", "tuple"), new(stacked("builtins", "map"), stacked("os", "system"), b"](" + text("x") + b"e")),
        "methodcaller": call(call(stacked("operator", "methodcaller"), text("system"), text("x")), stacked("numpy", "os")),
        "attrgetter": call(stacked("operator", "attrgetter"), text("system")),
        "itemgetter": call(call(stacked("operator", "itemgetter"), text("eval")), stacked("builtins", "__dict__")),
        "getattr": call(getattr_(stacked("os", "path"), "os"), text("x")),
        "getattr numpy": call(getattr_(getattr_(stacked("numpy", "ctypeslib"), "os"), "system"), text("x")),
        "dict.get": call(getattr_(stacked("builtins", "dict"), "get"), stacked("builtins", "__dict__"), text("eval")),
        "subclasses": call(getattr_(stacked("builtins", "object"), "__subclasses__")),
        "numpy builtins": stacked("numpy", "__builtins__"),
        "dotted": call(stacked("numpy", "prod.os.system"), text("x")),
        "extension": b"\x82\x05" + pair(text("x")) + b"R",
        "extension 4": b"\x84\x05\x00\x00\x01" + pair(text("x")) + b"R",
        "unknown memo": b"h\x07" + pair(text("x")) + b"R",
        "setstate": new(stacked("sklearn.svm", "SVC")) + b"}" + text("__setstate__") + stacked("builtins", "print") + b"sb",
        "class": new(stacked("sklearn.svm", "SVC")) + b"}" + text("__class__") + stacked("os", "_wrap_close") + b"sb",
        "slots": new(stacked("sklearn.svm", "SVC")) + b"N}" + text("__reduce__") + text("x") + b"s\x86b",
        "module state": stacked("json", "decoder") + b"}" + text("loads") + text("x") + b"sb",
        "modules item": stacked("sys", "modules") + text("os") + text("x") + b"s",
        "computed name": call(stacked("builtins", "str"), text("os")) + text("system") + b"\x93" + pair(text("x")) + b"R",
        "rot13": call(stacked("_codecs", "encode"), text("riny"), text("rot13")),
        "marshal": call(stacked("types", "FunctionType"), call(stacked("marshal", "loads"), b"C\x01c"), b"}"),
        "dill code": call(stacked("dill._dill", "_import_module"), text("subprocess")),
        "subimport": call(stacked("cloudpickle.cloudpickle", "subimport"), text("subprocess")),
        "nested": call(stacked("pickle", "loads"), b"C" + bytes([len(EVIL)]) + EVIL),
        "zlib": call(stacked("pickle", "loads"), call(stacked("zlib", "decompress"), b"C\x04abcd")),
        "torch nested": call(stacked("torch.storage", "_load_from_bytes"), b"C" + bytes([len(EVIL)]) + EVIL),
        "sibling": call(stacked("helper", "go"), text("x")),
        "append": call(stacked("zz.evil", "Sink")) + b"(" + text("x") + b"e",
        "after pop": evil + b"0N",
        "in a dict": b"}" + text("weights") + evil + b"s",
        "in a tuple": evil + b"\x85",
        "in a persistent id": evil + b"Q",
        "as a key": b"}" + evil + b"Ns",
        "frozen": b"(" + evil + b"\x91",
        "type": call(stacked("builtins", "type"), text("X"), b")", b"}"),
        "rebuild": call(stacked("torch._tensor", "_rebuild_from_type_v2"), stacked("os", "system"), stacked("torch", "Tensor"), pair(text("x")), b"N"),
        "file handler": call(stacked("logging", "FileHandler"), text("/tmp/x")),
        "compilation": call(stacked("torch.jit", "CompilationUnit"), text("def f(): pass")),
        "memmap": call(stacked("numpy", "memmap"), text("/tmp/x"), text("u1"), text("w+")),
        "argument": call(stacked("sklearn.utils", "Bunch"), stacked("subprocess", "Popen")),
        "reduce newobj": new(stacked("subprocess", "Popen"), text("x")),
        "kwargs": stacked("subprocess", "Popen") + b")}" + text("args") + text("x") + b"s\x92",
    }  # fmt: skip
    for name, body in bodies.items():
        yield f"trick {name}.pkl", pickled(body)
    yield "python 2.pkl", pickled(named("__builtin__", "eval") + pair(text("1")) + b"R", 0)
    yield "python 2 commands.pkl", pickled(named("commands", "getoutput") + pair(text("1")) + b"R", 1)
    yield "string opcodes.pkl", b"\x80\x04S'os'\nS'system'\n\x93S'x'\n\x85R."
    yield "no proto.pkl", evil + b"."
    yield "broken.pkl", BROKEN
    yield "cut.pkl", EVIL[:-1]
    yield "second.pkl", pickle.dumps({"a": 1}) + EVIL
    yield "third.pkl", pickle.dumps(1) + pickle.dumps([2]) + EVIL
    yield "put mixed.pkl", b"\x80\x04" + text("x") + b"q\x05" + text("y") + b"\x94" + evil + b"."
    yield "int escapes.pkl", b"\x80\x04I0x1f\n0" + evil + b"."
    yield "int nul.pkl", b"\x80\x04I7\x00rubbish\n0" + evil + b"."
    yield "float nul.pkl", b"\x80\x02F1.5\x00z\n0" + evil + b"."
    yield "get nul.pkl", b"\x80\x02Np3\x00zz\n0g3\n0" + evil + b"."
    yield "bad frame.pkl", b"\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00" + evil + b"."
    yield "proto late.pkl", b"N0\x80\x04" + evil + b"."
    frame = b"X" + struct.pack("<I", 8) + b"abc"
    yield "frame quirk.pkl", b"\x80\x04\x95" + struct.pack("<Q", len(frame)) + frame + b"12345678" + evil + b"."
    yield "huge string.pkl", b"\x80\x04" + text("x" * 200_000) + b"0" + evil + b"."
    code = compile("import os\nos.system('echo inert')", "x", "exec")
    yield (
        "marshalled.pkl",
        pickled(
            call(stacked("marshal", "loads"), b"B" + struct.pack("<I", len(marshal.dumps(code))) + marshal.dumps(code))
        ),
    )


def torch_zip(data=EVIL, change=None, name="archive/data.pkl", extra=()):
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as file:
        warnings.simplefilter("ignore")  # two members of one name are the point
        file.writestr(name, data)
        for other, content in extra:
            file.writestr(other, content)
        file.writestr("archive/data/0", b"\0" * 64)
        file.writestr("archive/version", b"3\n")
    raw = bytearray(stream.getvalue())
    return bytes(change(raw) or raw) if change else bytes(raw)


def _central(raw, offset, value):
    at = raw.find(b"PK\x01\x02")
    raw[at + offset : at + offset + len(value)] = value


def _local(raw, offset, value):
    raw[offset : offset + len(value)] = value


def torch_zips():
    changes = {
        "plain": lambda raw: None,
        "crc": lambda raw: _central(raw, 16, b"\1\2\3\4"),
        "local crc": lambda raw: _local(raw, 14, b"\1\2\3\4"),
        "local name": lambda raw: _local(raw, 30, b"other"),
        "local flags": lambda raw: _local(raw, 6, b"\x01\x00"),
        "flags 1": lambda raw: _central(raw, 8, b"\x01\x00"),
        "flags 20": lambda raw: _central(raw, 8, b"\x20\x00"),
        "flags 40": lambda raw: _central(raw, 8, b"\x40\x00"),
        "local method": lambda raw: _local(raw, 8, b"\x63\x00"),
        "method": lambda raw: _central(raw, 10, b"\x63\x00"),
        "padding": lambda raw: raw + b"\0" * 60_000,
        "junk": lambda raw: raw + b"junk" * 20,
        "front": lambda raw: b"x" * 100 + raw,
        "comment": lambda raw: raw[:-2] + struct.pack("<H", 50) + b"c" * 50,
        "no end": lambda raw: raw[: raw.rfind(b"PK\x05\x06")],
    }
    for name, change in changes.items():
        yield f"torch {name}.pt", torch_zip(change=change)
    yield "torch upper.pt", torch_zip(name="archive/DATA.PKL")
    yield "torch other name.pt", torch_zip(name="archive/config.p")
    yield "torch txt.pt", torch_zip(data=pickled(gadget("os.system"), 0), name="archive/notes.txt")
    yield "torch broken pickle.pt", torch_zip(BROKEN)
    yield "torch twice.pt", torch_zip(pickle.dumps({}), extra=[("archive/data.pkl", EVIL)])
    yield "torch constants.pt", torch_zip(pickle.dumps({}), extra=[("archive/constants.pkl", EVIL)])
    hidden = torch_zip()
    start = hidden.find(b"PK\x01\x02")
    clean = torch_zip(pickle.dumps({}), name="archive/data.pkl")
    shift = clean.find(b"PK\x01\x02")
    yield "torch hidden local.pt", _shifted(clean, shift, hidden[:start])
    legacy = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    yield "legacy.pt", b"".join(pickle.dumps(value, 2) for value in legacy) + EVIL + pickle.dumps([], 2)
    yield "legacy magic.pt", pickled(gadget("builtins.eval", text("0x1950A86A20F9469CFC6C")), 2) + pickle.dumps(1001, 2)
    code = "def f(self):\n  return torch.from_file('/etc/hostname')\n"
    yield "script.pt", torch_zip(pickle.dumps({}), extra=[("archive/code/__torch__.py", code)])
    package = "import os\nos.system('echo inert')\n"
    yield "package.pt", torch_zip(pickle.dumps({}), extra=[("archive/my/model.py", package)])


def _shifted(raw, at, insert):
    """Local entries between the last member and the directory, which knows nothing of them."""
    out = bytearray(raw[:at] + insert + raw[at:])
    end = out.rfind(b"PK\x05\x06")
    struct.pack_into("<L", out, end + 16, struct.unpack_from("<L", raw, raw.rfind(b"PK\x05\x06") + 16)[0] + len(insert))
    return bytes(out)


def zipped(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    return stream.getvalue()


def tarred(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def containers():
    yield "gz.pkl", gzip.compress(EVIL)
    yield "bz2.pkl", bz2.compress(EVIL)
    yield "xz.pkl", lzma.compress(EVIL)
    yield "lzma.pkl", lzma.compress(EVIL, lzma.FORMAT_ALONE)
    yield "zlib.joblib", zlib.compress(EVIL)
    yield "old.joblib", b"ZF" + hex(len(EVIL)).ljust(19).encode() + zlib.compress(EVIL)
    yield "gz gz.pkl", gzip.compress(gzip.compress(EVIL))
    yield "gz second.pkl", gzip.compress(pickle.dumps(1)) + gzip.compress(EVIL)
    yield "zip.pkl", zipped([("x", EVIL)])
    yield "zip zip.pt", zipped([("a.zip", zipped([("b.pkl", EVIL)]))])
    yield "tar.nemo", tarred([("model_weights.ckpt", EVIL)])
    yield "tar gz.nemo", gzip.compress(tarred([("w.ckpt", torch_zip())]))
    yield "tar slip.tar", tarred([("../../evil.py", b"x")])
    yield "zip slip.zip", zipped([("../../evil.py", b"x")])
    yield "absolute.zip", zipped([("/etc/cron.d/x", b"x")])
    yield "seven.7z", b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 60
    yield "pickle then zip.pt", EVIL + zipped([("a", b"b")])
    yield "zip with pickle in front.pt", pickle.dumps(1) + torch_zip()
    yield "pickle behind zip.npz", zipped([("a", b"b")]) + EVIL
    yield (
        "mar.mar",
        zipped(
            [
                ("MAR-INF/MANIFEST.json", json.dumps({"model": {"handler": "h.py"}})),
                ("h.py", "import os\nos.system('echo')"),
            ]
        ),
    )
    yield "wheel.whl", zipped([("x.pth", "import os; os.system('echo inert')\n"), ("x/__init__.py", "")])
    yield "bytes.pkl", pickled(b"C" + bytes([len(EVIL)]) + EVIL)


def arrays():
    import numpy as np

    head = str({"descr": "|O", "fortran_order": False, "shape": (1,)}).ljust(117).encode() + b"\n"
    objects = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + EVIL
    yield "objects.npy", objects
    yield "objects.npz", zipped([("a.npy", objects)])
    yield "pickle.npz", zipped([("a.npy", EVIL)])
    yield "model.weights.npz", zipped([("model.weights.npz", zipped([("x.npy", objects)]))])
    call_head = b"{'descr': __import__('os').system('echo'), 'fortran_order': False, 'shape': (1,)}".ljust(117) + b"\n"
    yield "header.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(call_head)) + call_head
    plain = io.BytesIO()
    np.save(plain, np.arange(3.0))
    yield "tail.npy", plain.getvalue() + EVIL
    import joblib

    stream = io.BytesIO()
    joblib.dump({"w": np.arange(100.0), "b": 1}, stream)
    raw = stream.getvalue()
    body = gadget("os.system")
    yield "after the array.joblib", raw[:-1] + b"0" + body + b"."
    yield "second.joblib", raw + EVIL
    stream = io.BytesIO()
    joblib.dump(np.array([1], dtype=object), stream)
    raw = stream.getvalue()
    inner = raw.rfind(b"\x80")
    yield "object array.joblib", raw[:inner] + EVIL + raw[-1:]


def _lambda():
    return base64.b64encode(marshal.dumps(compile("__import__('os').system('echo inert')", "x", "eval"))).decode()


def kerases():
    layers = {
        "lambda": {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"value": _lambda()}}}},
        "lambda 2": {"class_name": "Lambda", "config": {"name": "l", "function": [_lambda(), None, None], "function_type": "lambda"}},
        "module": {"class_name": "system", "module": "os", "config": {"command": "echo"}, "registered_name": None},
        "function": {"class_name": "function", "module": "os", "config": "system", "registered_name": "function"},
        "builtins": {"class_name": "eval", "module": "builtins", "config": {}},
        "get_file": {"class_name": "function", "module": "keras.src.utils.file_utils", "config": "get_file"},
        "unsafe": {"class_name": "function", "module": "keras.src.saving.serialization_lib", "config": "enable_unsafe_deserialization"},
        "torch": {"class_name": "TorchModuleWrapper", "module": "keras.layers", "config": {"module": base64.b64encode(torch_zip()).decode()}},
        "vocabulary": {"class_name": "StringLookup", "module": "keras.layers", "config": {"vocabulary": "/etc/passwd"}},
        "popen": {"class_name": "Popen", "module": "subprocess", "config": {"args": ["echo"]}},
    }  # fmt: skip
    for name, layer in layers.items():
        config = {"class_name": "Sequential", "module": "keras", "config": {"layers": [layer]}}
        yield f"{name}.keras", zipped([("config.json", json.dumps(config)), ("metadata.json", "{}")])
        raw = json.dumps(config).encode()
        yield f"{name}.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 200 + raw + b"\0" * 50
        yield f"keras {name}.json", raw
    yield "weights pickle.keras", zipped([("config.json", "{}"), ("model.weights.npz", EVIL)])


SSTI = "{{ cycler.__init__.__globals__.os.popen('echo').read() }}"


def configs():
    yield "tokenizer_config.json", json.dumps({"chat_template": SSTI}).encode()
    yield (
        "templates.json",
        json.dumps(
            {"chat_template": [{"name": "a", "template": "{% for c in ''.__class__.__mro__ %}{% endfor %}"}]}
        ).encode(),
    )
    yield "attr.json", json.dumps({"chat_template": "{{ messages|attr('\\x5f\\x5fclass\\x5f\\x5f') }}"}).encode()
    yield "include.json", json.dumps({"chat_template": "{% include '/etc/passwd' %}"}).encode()
    yield "joined.json", json.dumps({"chat_template": "{{ ''['_'+'_class_'+'_'] }}"}).encode()
    yield "chat_template.jinja", SSTI.encode()
    yield "config.json", json.dumps({"auto_map": {"AutoModel": "other/repo--modeling.Evil"}}).encode()
    yield "pipelines.json", json.dumps({"custom_pipelines": {"x": {"impl": "evil.Pipe"}}}).encode()
    yield "hydra.json", json.dumps({"model": {"_target_": "os.system", "command": "echo"}}).encode()
    yield "hydra.yaml", b"model:\n  _target_: subprocess.check_output\n  args: [echo]\n"
    yield "nemo.nemo", tarred([("model_config.yaml", b"model:\n  _target_: builtins.exec\n")])
    yield "apply.yaml", b"a: !!python/object/apply:os.system ['echo']\n"
    yield "new.yaml", b"a: !!python/object/new:subprocess.Popen [['echo']]\n"
    yield "name.yaml", b"a: !!python/name:os.system\n"
    yield "alias.yaml", b"%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system [echo]\n"
    yield "full tag.yaml", b"a: !<tag:yaml.org,2002:python/object/apply:os.system> [echo]\n"
    yield "MLmodel", b"flavors:\n  python_function:\n    loader_module: evil_loader\n"
    yield "jsonpickle.json", json.dumps({"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["echo"]}]}).encode()
    yield "jsonpickle object.json", json.dumps({"py/object": "subprocess.Popen"}).encode()
    yield (
        "pmml.pmml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><PMML version="4.4">&e;</PMML>',
    )


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def varint(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def saved_model(*operators):
    nodes = b"".join(field(1, field(1, f"node{i}") + field(2, op)) for i, op in enumerate(("Placeholder", *operators)))
    return field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, nodes + field(4, field(1, 1))))


def onnx_model(location=None, domain="", op="Relu"):
    tensor = field(1, 2) + field(2, 1) + field(8, "w")
    if location:
        tensor += field(13, field(1, "location") + field(2, location)) + field(14, 1)
    graph = field(1, field(1, "x") + field(2, "y") + field(4, op) + field(7, domain)) + field(2, "g") + field(5, tensor)
    return field(1, 8) + field(2, "maker") + field(7, graph) + field(8, field(2, 13))


def gguf(template, key="tokenizer.chat_template"):
    def string(value):
        return struct.pack("<Q", len(value)) + value.encode()

    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + string(key) + struct.pack("<I", 8) + string(template)


def graphs():
    for operator in ("ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "MatchingFiles"):
        yield f"{operator}/saved_model.pb", saved_model(operator)
    yield "function.pb", field(1, 1) + field(2, field(1, field(4, "serve")) + field(2, field(1, field(1, "a") + field(2, "Const")) + field(2, field(1, field(1, field(1, "f")) + field(3, field(1, "w") + field(2, "WriteFile"))))))  # fmt: skip
    yield "external.onnx", onnx_model("../../../etc/passwd")
    yield "absolute.onnx", onnx_model("/etc/passwd")
    yield "custom.onnx", onnx_model(domain="evil.ops", op="Run")
    yield "python.onnx", onnx_model(domain="ai.onnx.contrib", op="PyOp")
    yield "template.gguf", gguf(SSTI)
    yield "count.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 61)
    yield "string.gguf", b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 62)


def safetensors(header, data=b"\0" * 8):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def r_promise():
    def text_(value):
        return struct.pack(">ii", 0x00040009, len(value)) + value.encode()

    def symbol(value):
        return struct.pack(">i", 1) + text_(value)

    nil, unbound, empty = (struct.pack(">i", code) for code in (254, 252, 242))
    command = struct.pack(">i", 2) + (struct.pack(">ii", 16, 1) + text_("echo inert")) + nil
    promise = struct.pack(">i", 5) + unbound + struct.pack(">i", 6) + symbol("system") + command
    return b"X\n" + struct.pack(">iii", 2, 0x00040000, 0x00020300) + promise + empty


def elf():
    return b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack("<HHI", 2, 62, 1) + b"\0" * 60


def others():
    good = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    yield "overlap.safetensors", safetensors({**good, "v": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})
    yield (
        "twice.safetensors",
        safetensors(
            b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        ),
    )
    yield "tail.safetensors", safetensors(good) + EVIL
    yield "elf tail.safetensors", safetensors(good) + elf()
    yield (
        "elf tensor.safetensors",
        safetensors(
            {"w": {"dtype": "U8", "shape": [200], "data_offsets": [0, 200]}},
            b"\1" * 40 + elf() + b"\0" * (160 - len(elf())),
        ),
    )
    yield "outside.safetensors", safetensors({"w": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}})
    yield "program.bin", elf()
    yield "elf tensor.pt", torch_zip(pickle.dumps({}), extra=[("archive/data/7", b"\0" * 32 + elf())])
    yield "flax.msgpack", b"\x81\xa1w\xc4" + bytes([len(EVIL)]) + EVIL
    yield "promise.rds", gzip.compress(r_promise())
    schema = {"__class__": "system", "__module__": "os", "__loader__": "OperatorFuncNode", "content": {}}
    yield "operator.skops", zipped([("schema.json", json.dumps(schema))])
    yield (
        "function.skops",
        zipped(
            [
                (
                    "schema.json",
                    json.dumps(
                        {**schema, "__loader__": "FunctionNode", "content": {"module_path": "os", "function": "system"}}
                    ),
                )
            ]
        ),
    )
    yield (
        "method.skops",
        zipped(
            [
                (
                    "schema.json",
                    json.dumps(
                        {
                            "__class__": "Popen",
                            "__module__": "subprocess",
                            "__loader__": "MethodNode",
                            "content": {"func": "__globals__"},
                        }
                    ),
                )
            ]
        ),
    )
    yield (
        "type.skops",
        zipped(
            [
                (
                    "schema.json",
                    json.dumps(
                        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "content": {}}
                    ),
                )
            ]
        ),
    )
    yield "flex.tflite", tflite("FlexReadFile")
    link = b"\x01\x08\x40\x00\x01x" + struct.pack("<H", 14) + b"\x00other.h5\x00/w\x00\x00"
    yield (
        "link.h5",
        b"\x89HDF\r\n\x1a\n"
        + b"\0" * 100
        + b"\x01\x08\x40\x01x"
        + struct.pack("<H", 13)
        + b"\x00other.h5\x00/w\x00"
        + link,
    )
    yield "aoti.pt2", torch_zip(pickle.dumps({}), extra=[("archive/data/aotinductor/model/x.so", elf())])


def tflite(custom):
    """The smallest file with one custom operator: root table, vector of operator codes, one code, its name."""
    name = custom.encode()
    out = bytearray(b"\0" * 8)
    out[4:8] = b"TFL3"

    def here():
        return len(out)

    root_vtable = here()
    out.extend(struct.pack("<HHHH", 8, 8, 0, 4))
    root = here()
    out.extend(struct.pack("<iI", root - root_vtable, 0))
    vector = here()
    struct.pack_into("<I", out, root + 4, vector - (root + 4))
    out.extend(struct.pack("<II", 1, 0))
    code_vtable = here()
    out.extend(struct.pack("<HHHH", 8, 8, 0, 4))
    code = here()
    struct.pack_into("<I", out, vector + 4, code - (vector + 4))
    out.extend(struct.pack("<iI", code - code_vtable, 4))
    out.extend(struct.pack("<I", len(name)) + name + b"\0")
    struct.pack_into("<I", out, 0, root)
    return bytes(out)
