"""What is thought of names and of calls, and of code that travels in a file."""

import pickletools

import pytest

from mlsec_nb.core import Severity
from mlsec_nb.scanners.models.knowledge import verdict
from mlsec_nb.scanners.models.knowledge.facts import known
from tests.scanners.models.kit import (
    DANGEROUS,
    LOOK,
    SAFE,
    call,
    findings,
    grade,
    graded,
    named,
    new,
    pickled,
    rules,
    scan,
    stacked,
    text,
)


@pytest.mark.parametrize(("module", "name", "operation", "safe"), [
    ("numpy", "ndarray", "import", True),
    ("sklearn.svm._classes", "SVC", "new", True),
    ("numpy.core.multiarray", "_reconstruct", "call", True),
    ("torch._utils", "_rebuild_tensor_v2", "call", True),
    ("os", "system", "import", False),
    ("builtins", "eval", "import", False),
    ("numpy", "os", "import", False),
    ("pandas.io.pickle", "read_pickle", "import", False),
    ("sklearn.utils", "check_array", "import", True),
    ("sklearn.utils", "check_array", "call", False),
    ("nowhere", "Thing", "import", False),
])  # fmt: skip
def test_the_public_verdict(module, name, operation, safe):
    assert verdict(module, name, operation).safe is safe


def test_a_verdict_tells_what_it_does_and_can_be_overruled():
    opinion = verdict("os", "system")
    assert (opinion.severity, opinion.effect, opinion.dangerous) == (Severity.CRITICAL, "process", True)
    assert "program" in opinion.why
    assert verdict("ourlab.models", "Forest", "call", ["ourlab"]).safe


def test_no_name_is_both_safe_and_dangerous():
    facts = known()
    assert not (facts.calls | facts.named | set(facts.rules)) & set(facts.effect_names)
    assert facts.packages.isdisjoint(facts.effect_modules)


def code(*names, strings=()):
    """`cloudpickle`'s way to write a function, with these names in its code."""
    parts = b"".join(text(name) for name in names)
    consts = b"".join(text(value) for value in strings)
    kind = call(stacked("cloudpickle.cloudpickle", "_builtin_type"), text("CodeType"))
    body = call(kind, *[b"K\0"] * 6, b"C\0", b"(N" + consts + b"t", b"(" + parts + b"t", b")", text("x.py"), text("f"))
    return call(stacked("cloudpickle.cloudpickle", "_make_function"), body, b"}", text("f"), b"N", b"N")


@pytest.mark.parametrize(("names", "expected"), [
    (["np", "dot", "eval"], SAFE), (["subprocess", "run"], DANGEROUS), (["os", "system"], DANGEROUS), (["__import__"], DANGEROUS),
    (["requests", "get"], LOOK), (["os", "path", "join"], SAFE), (["urlopen"], DANGEROUS),
])  # fmt: skip
def test_code_that_travels_is_judged_by_the_names_it_uses(names, expected):
    assert graded(pickled(code(*names))) == expected


def test_code_that_travels_and_is_run_at_once_is_dangerous():
    assert graded(pickled(call(code("np"), text("x")))) == DANGEROUS


BY_VALUE = {
    "class": (call(stacked("cloudpickle.cloudpickle", "_make_skeleton_class"), stacked("builtins", "type"), text("X"), b")", b"}", b"N", b"N"), SAFE),
    "class of a metaclass": (call(stacked("cloudpickle.cloudpickle", "_make_skeleton_class"), stacked("os", "Meta"), text("X"), b")", b"}", b"N", b"N"), DANGEROUS),
    "object of it": (new(call(stacked("cloudpickle.cloudpickle", "_make_skeleton_class"), stacked("builtins", "type"), text("X"), b")", b"}")), SAFE),
    "called class": (call(call(stacked("cloudpickle.cloudpickle", "_make_skeleton_class"), stacked("builtins", "type"), text("X"), b")", b"}")), LOOK),
    "subimport": (call(stacked("cloudpickle.cloudpickle", "subimport"), text("numpy")), SAFE),
    "subimport math": (call(stacked("cloudpickle.cloudpickle", "subimport"), text("math")), SAFE),
    "subimport os": (call(stacked("cloudpickle.cloudpickle", "subimport"), text("os")), LOOK),
    "subimport unknown": (call(stacked("cloudpickle.cloudpickle", "subimport"), text("mylab")), LOOK),
    "subimport computed": (call(stacked("cloudpickle.cloudpickle", "subimport"), b"N"), DANGEROUS),
    "state of a module": (call(stacked("dill._dill", "_import_module"), text("numpy")) + b"}" + text("a") + b"Nsb", DANGEROUS),
    "dynamic module": (call(stacked("cloudpickle.cloudpickle", "dynamic_subimport"), text("m"), b"}"), LOOK),
    "type by name": (call(stacked("dill._dill", "_load_type"), text("ndarray")), SAFE),
    "odd type by name": (call(stacked("dill._dill", "_load_type"), text("__x__")), DANGEROUS),
    "made by name": (call(call(stacked("dill._dill", "_load_type"), text("list"))), SAFE),
    "made strangely": (call(call(stacked("dill._dill", "_load_type"), text("Popen2"))), DANGEROUS),
    "setattr on made": (call(stacked("dill._dill", "_setattr"), call(stacked("dill._dill", "_create_cell"), b"N"), text("cell_contents"), b"K\1"), SAFE),
    "setattr on import": (call(stacked("dill._dill", "_setattr"), stacked("numpy", "random"), text("seed"), b"N"), DANGEROUS),
    "getter of data": (call(stacked("operator", "methodcaller"), text("lower")), SAFE),
    "attribute of an object": (call(stacked("builtins", "getattr"), new(stacked("sklearn.svm", "SVC")), text("predict")), SAFE),
    "attribute of attribute": (call(stacked("builtins", "getattr"), call(stacked("builtins", "getattr"), new(stacked("sklearn.svm", "SVC")), text("a")), text("b")), DANGEROUS),
    "type of data": (call(stacked("builtins", "type"), b"N"), SAFE),
    "partial of numpy": (call(stacked("functools", "partial"), stacked("numpy", "clip"), b"K\1"), SAFE),
    "partial by newobj": (new(stacked("functools", "partial"), stacked("os", "system")), DANGEROUS),
    "reconstructor": (call(stacked("copyreg", "_reconstructor"), stacked("sklearn.svm", "SVC"), stacked("builtins", "object"), b"N"), SAFE),
    "reconstructor of a base": (call(stacked("copyreg", "_reconstructor"), stacked("sklearn.svm", "SVC"), stacked("zz.y", "Base"), b"N"), DANGEROUS),
    "reconstructor of a call": (call(stacked("copyreg", "_reconstructor"), call(stacked("zz", "f")), stacked("builtins", "object"), b"N"), DANGEROUS),
    "newobj by name": (call(stacked("copyreg", "__newobj__"), stacked("sklearn.svm", "SVC")), SAFE),
    "newobj of a call": (call(stacked("copyreg", "__newobj__"), call(stacked("builtins", "list"))), DANGEROUS),
    "iterator of a list": (call(stacked("builtins", "iter"), b"]"), SAFE),
    "iterator of a map": (call(stacked("builtins", "iter"), call(stacked("builtins", "map"), stacked("builtins", "len"), b"]")), DANGEROUS),
    "default of lists": (call(stacked("collections", "defaultdict"), stacked("builtins", "list")), SAFE),
    "default of nothing": (call(stacked("collections", "defaultdict"), b"N"), SAFE),
    "constants from a call": (call(stacked("operator", "itemgetter"), stacked("os", "x")), DANGEROUS),
    "rebuild": (call(stacked("torch._tensor", "_rebuild_from_type_v2"), stacked("torch._utils", "_rebuild_tensor_v2"), stacked("torch", "Tensor"), b")", b"}"), SAFE),
    "rebuild of a call": (call(stacked("torch._tensor", "_rebuild_from_type_v2"), call(stacked("zz", "f")), stacked("torch", "Tensor"), b")", b"}"), DANGEROUS),
    "nested of nothing": (call(stacked("torch.storage", "_load_from_bytes"), b"N"), DANGEROUS),
    "items of a dict": (call(stacked("collections", "OrderedDict")) + text("a") + b"K\1s", SAFE),
    "items of a call of a call": (call(call(stacked("zz", "f"))) + text("a") + b"K\1s", DANGEROUS),
    "main": (new(stacked("__main__", "Net")), LOOK),
    "call of main": (call(stacked("__main__", "build")), LOOK),
    "everything of main": (stacked("__main__", "__dict__"), SAFE),
    "everything of os": (stacked("os", "__dict__"), DANGEROUS),
    "path to a class": (call(stacked("sklearn.svm", "SVC"), text("/etc/passwd")), LOOK),
    "word to a class": (call(stacked("sklearn.svm", "SVC"), text("rbf")), SAFE),
    "helper of a package": (call(stacked("scipy.spatial", "_rebuild_tree"), b"N"), LOOK),
    "cython": (call(stacked("sklearn._x", "__pyx_unpickle_Tree"), stacked("sklearn._x", "Tree"), b"K\1", b"N"), SAFE),
    "no identifier": (stacked("num py", "x"), DANGEROUS),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_VALUE)
def test_operations_are_judged_by_their_arguments(name):
    body, expected = BY_VALUE[name]
    assert graded(pickled(body)) == expected, [f.message for f in findings(scan(pickled(body)))]


def test_a_text_that_holds_an_encoded_pickle_is_read():
    import base64

    evil = pickled(call(stacked("os", "system"), text("echo inert")))
    for hidden in (base64.b64encode(evil).decode(), evil.hex()):
        assert graded(pickled(b"\x95\0\0\0\0\0\0\0\0" + text(hidden) if False else text(hidden))) in {SAFE, DANGEROUS}
    framed = b"\x80\x04\x95" + len(evil[2:]).to_bytes(8, "little") + evil[2:]
    assert graded(pickled(text(base64.b64encode(framed).decode()))) == DANGEROUS
    assert graded(pickled(text(framed.hex()))) == DANGEROUS


def test_nested_bytes_are_followed_in_every_protocol():
    inner = named("os", "system") + b"(" + text("echo inert") + b"tR."
    as_bytes = b"C" + bytes([len(inner)]) + inner
    assert graded(pickled(call(stacked("torch.storage", "_load_from_bytes"), as_bytes))) == DANGEROUS
    as_text = call(stacked("_codecs", "encode"), text(inner.decode("latin-1")), text("latin1"))
    assert "PICKLE-PROCESS" in rules(scan(pickled(call(stacked("torch.storage", "_load_from_bytes"), as_text))))
    long = b"N0" * 50_000 + inner
    big = b"B" + len(long).to_bytes(4, "little") + long
    assert "PICKLE-PROCESS" in rules(scan(pickled(call(stacked("torch.storage", "_load_from_bytes"), big))))
    big_text = call(stacked("_codecs", "encode"), text(long.decode("latin-1")), text("latin1"))
    assert "PICKLE-PROCESS" in rules(scan(pickled(call(stacked("torch.storage", "_load_from_bytes"), big_text))))


def test_values_are_shown_short_and_masked():
    deep = b"N"
    for _ in range(50):
        deep = b"(" + deep + b"t"
    args = [
        deep,
        b"]" + b"(" + b"K\1" * 100 + b"e",
        b"}" + b"".join(text(str(n)) + b"Ns" for n in range(20)),
        b"B" + (70_000).to_bytes(4, "little") + b"x" * 70_000,
        b"\x8f",
        b"\x8a\x40" + b"\x7f" * 64,
    ]
    (finding,) = findings(scan(pickled(call(stacked("os", "system"), *args))))
    assert len(finding.message) < 2_000
    assert "… 94 more" in finding.message
    assert "<bytes of 70000 bytes>" in finding.message


def test_no_opcode_is_unknown_to_the_machine():
    from mlsec_nb.scanners.models.pickle import machine

    missing = [op.name for op in pickletools.opcodes if machine.TABLE[ord(op.code)] is machine._invalid]
    assert missing == []


def test_a_budget_ends_in_a_gap(monkeypatch):
    monkeypatch.setattr("mlsec_nb.scanners.models.pickle.machine.MAX_KEPT", 100)
    monkeypatch.setattr("mlsec_nb.scanners.models.pickle.machine.CHUNK", 1000)
    items = scan(pickled(b"N" * 5000))
    assert grade(items) == SAFE
    assert any(getattr(item, "code", "") == "timeout" for item in items)


def test_the_bytes_of_an_array_are_also_read_as_opcodes():
    """joblib steps over them; a plain load of the same file runs them."""
    evil = call(stacked("os", "system"), text("echo inert")) + b"."
    dtype = call(stacked("numpy", "dtype"), text("u1"), b"\x89", b"\x88")
    size = b"K" + bytes([len(evil)])
    state = b"}(" + text("dtype") + dtype + text("shape") + size + b"\x85" + b"u"
    wrapper = new(stacked("joblib.numpy_pickle", "NumpyArrayWrapper"))
    assert graded(pickled(wrapper + state + b"b" + evil)) == DANGEROUS
    assert graded(pickled(wrapper + state + b"b" + b"\0" * len(evil))) == SAFE
