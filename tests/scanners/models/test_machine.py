"""The machine beside the real C unpickler, which is kept from resolving anything."""

import _pickle
import io
import pickle
import struct
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsec_nb.scanners.models.pickle.read import other_readings, run
from mlsec_nb.scanners.models.pickle.values import Call, Ref
from tests.scanners.models.kit import named, stacked, text


class Meta(type):
    """A class that writes down what is done with it."""

    def __call__(cls, *args):
        cls.log.append(("call", cls.title, len(args)))
        return object.__new__(cls)


def stub(log, module, name):
    def new(cls, *args, **kwargs):
        log.append(("new", f"{module}.{name}", len(args)))
        return object.__new__(cls)

    def state(self, state):
        log.append(("build", f"{module}.{name}", 1))

    def wrote(how):
        return lambda self, *args: log.append((how, f"{module}.{name}"))

    return Meta("Stub", (), {
        "log": log, "title": f"{module}.{name}", "__new__": new, "__setstate__": state, "extend": wrote("extend"),
        "add": wrote("add"), "__setitem__": wrote("setitem"),
    })  # fmt: skip


def oracle(data: bytes):
    """What the C unpickler would import and do, and whether it read to the end."""
    log: list[tuple] = []
    stubs: dict[tuple, type] = {}

    class Reader(_pickle.Unpickler):
        def find_class(self, module, name):
            log.append(("import", f"{module}.{name}"))
            return stubs.setdefault((module, name), stub(log, module, name))

        def persistent_load(self, pid):
            return 0

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape that is none is only a warning
            Reader(io.BytesIO(data)).load()
    except Exception as error:
        return log, type(error).__name__
    return log, None


def machine(data: bytes):
    log: list[tuple] = []

    def see(event):
        if isinstance(event, Ref):
            log.append(("import", event.full))
        elif event.how != "persistent" and isinstance(event.target, Ref | Call):
            target = event.target
            while isinstance(target, Call):
                target = target.target
            title = target.full if isinstance(target, Ref) else "?"
            count = len(event.args) if isinstance(event.args, tuple) else -1
            how = {"reduce": "call", "newobj": "new", "newobj_ex": "new"}.get(event.how, event.how)
            if how in {"inst", "obj"}:
                how = "call" if count else "new"
            log.append((how, title, count) if how in {"call", "new", "build"} else (how, title))

    return log, run(data, 0, len(data), see)


def collapsed(log):
    """Items are set and added one by one in C, and told at once by the machine."""
    return [entry for number, entry in enumerate(log) if not number or len(entry) == 3 or entry != log[number - 1]]


constants = st.one_of(
    st.just(b"N"), st.just(b"\x88"), st.just(b")"), st.just(b"]"), st.just(b"}"), st.just(b"\x8f"),
    st.integers(0, 255).map(lambda n: b"K" + bytes([n])),
    st.integers(-(2**31), 2**31 - 1).map(lambda n: b"J" + struct.pack("<i", n)),
    st.integers(-(2**70), 2**70).map(lambda n: b"I%d\n" % n),
    st.floats(allow_nan=False).map(lambda x: b"G" + struct.pack(">d", x)),
    st.floats(allow_nan=False).map(lambda x: b"F" + repr(x).encode() + b"\n"),
    st.text("ab\n\\'\"é", max_size=5).map(lambda s: b"V" + s.encode("raw-unicode-escape").replace(b"\\", b"\\u005c").replace(b"\n", b"\\u000a") + b"\n"),
    st.binary(max_size=6).map(lambda b: b"C" + bytes([len(b)]) + b),
    st.binary(max_size=6).map(lambda b: b"S" + repr(b)[1:].encode() + b"\n"),
    st.text("abc", max_size=4).map(text),
)  # fmt: skip
names = st.sampled_from(["Alpha", "beta", "Gamma"])
modules = st.sampled_from(["one", "two.three"])
globals_ = st.one_of(st.builds(named, modules, names), st.builds(stacked, modules, names))


def grow(inner):
    many = st.lists(inner, max_size=4).map(b"".join)
    even = st.lists(st.tuples(st.text("ab", max_size=3).map(text), inner).map(b"".join), max_size=3).map(b"".join)
    thing = st.builds(lambda g, a: g + b"(" + a + b"tR", globals_, many)
    return st.one_of(
        st.builds(lambda a: b"(" + a + b"t", many),
        st.builds(lambda a: b"(" + a + b"l", many),
        st.builds(lambda a: b"](" + a + b"e", many),
        st.builds(lambda a: b"}(" + a + b"u", even),
        st.builds(lambda a: b"(" + a + b"d", even),
        st.builds(lambda a: a + b"\x94", inner),
        st.builds(lambda a: a + b"q\x07", inner),
        st.builds(lambda a, b: a + b + b"0", inner, inner),
        st.builds(lambda a: a + b"20", inner),
        thing,
        st.builds(lambda g, a: g + b"(" + a + b"t\x81", globals_, many),
        st.builds(lambda g, a: g + b"(" + a + b"t}\x92", globals_, many),
        st.builds(lambda g, a: b"(" + g + a + b"o", globals_, many),
        st.builds(lambda t, a: t + a + b"b", thing, inner),
        st.builds(lambda t, a: t + b"(" + a + b"e", thing, many),
        st.builds(lambda t, a: t + b"(" + a + b"u", thing, even),
        st.builds(lambda t, a: t + b"(" + a + b"\x90", thing, many),
        st.builds(lambda a: a + b"Q", inner),
    )


programs = st.recursive(st.one_of(constants, globals_), grow, max_leaves=12)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs, st.sampled_from([b"\x80\x03", b"\x80\x04", b"\x80\x05"]))
def test_the_machine_sees_what_the_unpickler_does(body, proto):
    data = proto + body + b"."
    done, error = oracle(data)
    seen, outcome = machine(data)
    done, seen = (collapsed(log) for log in (done, seen))
    assert seen[: len(done)] == done
    if error is None:
        assert outcome.stop is None
        assert seen == done


def compare_mutant(data: bytes):
    seen, outcome = machine(data)
    if any(key > 100_000 for key in outcome.machine.memo):
        return  # the C unpickler would allocate as much
    done, error = oracle(data)
    expected = [entry for entry in done if entry[0] == "import"]
    readings = [(seen, outcome), *(machine(other) for other in other_readings(outcome))]
    told = [[entry for entry in log if entry[0] == "import"] for log, _ in readings]
    assert any(log[: len(expected)] == expected for log in told), (data, error, outcome.stop)
    if error is None:
        assert any(one.stop is None for _, one in readings), (data, outcome.stop)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.integers(0, 400))
def test_no_mutant_makes_the_unpickler_import_what_the_machine_does_not_see(body, changes, cut):
    data = bytearray(b"\x80\x04" + body + b".")
    for place, byte in changes:
        data[place % len(data)] = byte
    compare_mutant(bytes(data))
    compare_mutant(bytes(data[: cut % (len(data) + 1)]))


@pytest.mark.parametrize("line", [
    b"I010\n", b"I0x1f\n", b"I 7\n", b"I1_000\n", b"I12\x00rubbish\n", b"I0b11\n", b"I089\n", b"I-0\n", b"I00\n", b"I01\n", b"I+5\n", b"I99999999999999999999\n", b"I\n", b"I5 \n",
    b"L5L\n", b"L0x10L\n", b"L5\n", b"F1e3\n", b"F1.5\x00x\n", b"Finf\n", b"F1_0\n", b"F 1\n", b"S'a\\x41'\n", b'S"q"\n', b"Sa\n", b"S'\\q'\n", b"S'\\x4'\n", b"S'a'x\n",
    b"V\\u0041\n", b"V\\uZ\n", b"Np 3\n0g3\n", b"Np3\x00z\n0g+3\n", b"Np0x3\n", b"Np-1\n", b"Ng9\n", b"\x8a\x02\xff\x7f", b"\x8b\xff\xff\xff\xff", b"T\x01\x00\x00\x00a", b"T\xff\xff\xff\xff",
])  # fmt: skip
def test_text_arguments_are_read_as_c_reads_them(line):
    """Values by way of a call: a number that is taken for another shows in nothing else."""
    data = b"\x80\x02cone\nAlpha\n(" + line + b"tR."
    done, error = oracle(data)
    seen, outcome = machine(data)
    if error is None:
        assert seen == done
        assert outcome.stop is None
    else:
        assert outcome.stop is not None or outcome.machine.odd


@pytest.mark.parametrize("protocol", range(6))
def test_what_picklers_write_is_read_to_the_end(protocol):
    things = {"a": [1, 2.5, "x", b"y", None, True, 2**70, -3, {1}, frozenset([3]), (1, 2, 3, 4), bytearray(b"z")]}
    data = pickle.dumps(things, protocol)
    _, outcome = machine(data)
    assert (outcome.stop, outcome.end, outcome.machine.odd) == (None, len(data), {})


def test_what_stands_before_a_break_is_seen():
    seen, outcome = machine(b"\x80\x04" + named("one", "Alpha") + b")R\xff")
    assert seen == [("import", "one.Alpha"), ("call", "one.Alpha", 0)]
    assert outcome.stop


class Values(_pickle.Unpickler):
    """Keeps what the C unpickler makes of a constant."""

    def persistent_load(self, pid):
        self.seen = pid
        return 0


def c_value(data: bytes):
    reader = Values(io.BytesIO(data), encoding="latin-1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reader.load()
        except Exception:
            return None, False
    return reader.seen, True


def our_value(data: bytes):
    seen = []
    outcome = run(data, 0, len(data), seen.append)
    return (seen[-1].args[0] if seen else None), outcome.stop is None


letters = st.lists(st.sampled_from([bytes([c]) for c in b"0123456789-+xXobBL_eE.\0 \t'\"\\nainfu"]), max_size=7).map(
    b"".join
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"I", b"L", b"F", b"S", b"V"]), letters)
def test_constants_have_the_value_that_c_gives_them(code, line):
    data = b"\x80\x02" + code + line + b"\nQ."
    value, accepted = c_value(data)
    if accepted:
        ours, read = our_value(data)
        assert read, data
        assert (type(ours), repr(ours)) == (type(value), repr(value)), data
