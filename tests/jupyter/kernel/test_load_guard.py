"""Malicious loads are stopped before any side effect; loads of real objects are not touched."""

import pytest

from .kernels import Kernel

# Each payload would make the file `hit`; what is written is pickled by hand so that nothing here runs it.
SETUP = """
import os, io, sys, pickle, pathlib, joblib, numpy as np, pandas as pd, torch, cloudpickle, dill, zipfile, zlib, gzip
HIT = pathlib.Path('hit')
def payload(module, name, *args, protocol=2):
    body = b''.join(b'X' + len(a.encode()).to_bytes(4, 'little') + a.encode() for a in args)
    return b'\\x80\\x02c' + module.encode() + b'\\n' + name.encode() + b'\\n(' + body + b'tR.'
EVIL = {
    'os.system': payload('os', 'system', 'touch hit'),
    'posix.system': payload('posix', 'system', 'touch hit'),
    'subprocess.call': payload('subprocess', 'getoutput', 'touch hit'),
    'builtins.exec': payload('builtins', 'exec', 'open("hit", "w")'),
    'builtins.eval': payload('builtins', 'eval', 'open("hit", "w")'),
    '__builtin__.eval': payload('__builtin__', 'eval', 'open("hit", "w")'),
    'pathlib': payload('runpy', '_run_code', 'x'),
}
def text(words):  # STACK_GLOBAL of protocol 4 takes its names from the stack
    return b'\\x8c' + bytes([len(words.encode())]) + words.encode()
def named(module, name):
    return text(module) + text(name) + b'\\x93'
def called(what, *args):
    return what + b'(' + b''.join(args) + b'tR'
def modern(module, name, *args):
    return b'\\x80\\x04' + called(named(module, name), *map(text, args)) + b'.'
def through(*steps):  # getattr and its like are fine by themselves: what they are given must not be had
    return b'\\x80\\x04' + called(*steps) + b'.'
import copyreg
copyreg.add_extension('os', 'system', 240)
RARE = {
    'protocol 4': modern('os', 'system', 'touch hit'),
    'dotted name': modern('os', 'path.os.system', 'touch hit'),
    'extension code': b'\\x80\\x02\\x82\\xf0(X\\x09\\x00\\x00\\x00touch hittR.',
    'INST': b"(S'touch hit'\\nios\\nsystem\\n.",
    'OBJ': b"(cos\\nsystem\\nS'touch hit'\\no.",
    'import first': modern('importlib', 'import_module', 'os'),
    'getattr': through(called(named('builtins', 'getattr'), named('os', 'path.os'), text('system')), text('touch hit')),
    'getattr of a library': through(called(named('builtins', 'getattr'), named('joblib', 'os'), text('system')), text('touch hit')),
    'attrgetter': through(called(called(named('operator', 'attrgetter'), text('system')), named('os', 'path.os')), text('touch hit')),
    'methodcaller': through(called(named('operator', 'methodcaller'), text('system'), text('touch hit')), named('os', 'path.os')),
    'modules': through(named('dataclasses', 'sys.modules.get'), text('os')),
    'a pickle in it': payload('pickle', 'loads', 'x'),
    'timeit': modern('timeit', 'timeit', 'open("hit", "w")'),
    'profile': modern('cProfile', 'run', 'open("hit", "w")'),
    'pdb': modern('pdb', 'run', 'open("hit", "w")'),
    'pip': modern('pip', 'main', 'x'),
    'numpy': modern('numpy.testing._private.utils', 'runstring', 'open("hit", "w")', 'x'),
    'torch': modern('torch.utils.collect_env', 'run', 'touch hit'),
    'browser': modern('webbrowser', 'open', 'http://x.example.org'),
    'ctypes': modern('ctypes', 'CDLL', 'x.so'),
    'code': modern('types', 'CodeType', 'x'),
    'function': modern('types', 'FunctionType', 'x'),
    'delete': modern('shutil', 'rmtree', 'hit'),
    'socket': modern('socket', 'create_connection', 'x'),
    'pandas': modern('pandas.core.computation.eval', 'eval', 'x'),
}
def torch_zip(name, data):
    with zipfile.ZipFile(name, 'w') as z:
        z.writestr('archive/data.pkl', data); z.writestr('archive/version', '3'); z.writestr('archive/byteorder', 'little')
    return name
def npy(name, data):
    head = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + chr(10)
    pathlib.Path(name).write_bytes(b'\\x93NUMPY\\x01\\x00' + len(head).to_bytes(2, 'little') + head.encode('latin1') + data)
    return name
def npz(name, data):
    with zipfile.ZipFile(name, 'w') as z:
        z.write(npy('inner.npy', data), 'a.npy')
    return name
def shelf(name, data):
    import shelve
    s = shelve.open(name); s.dict[b'a'] = data
    return s
def write(name, data):
    pathlib.Path(name).write_bytes(data); return name
class Python(pickle._Unpickler): pass
LOADERS = {
    'pickle.loads': lambda d: pickle.loads(d),
    'pickle.load': lambda d: pickle.load(open(write('a.pkl', d), 'rb')),
    'python unpickler': lambda d: Python(io.BytesIO(d)).load(),
    'joblib': lambda d: joblib.load(write('a.joblib', d)),
    'torch': lambda d: torch.load(torch_zip('a.pt', d), weights_only=False),
    'torch legacy': lambda d: torch.load(write('b.pt', d), weights_only=False),
    'numpy': lambda d: np.load(npy('a.npy', d), allow_pickle=True),
    'pandas': lambda d: pd.read_pickle(write('a.pickle', d)),
    'pandas gz': lambda d: pd.read_pickle(write('a.pkl.gz', gzip.compress(d))),
    'unpickler': lambda d: pickle.Unpickler(io.BytesIO(d)).load(),
    'joblib packed': lambda d: joblib.load(write('c.joblib', zlib.compress(d))),
    'torch from memory': lambda d: torch.load(io.BytesIO(open(torch_zip('m.pt', d), 'rb').read()), weights_only=False),
    'numpy archive': lambda d: np.load(npz('a.npz', d), allow_pickle=True)['a'],
    'shelf': lambda d: shelf('s.db', d)['a'],
    'dill': lambda d: dill.loads(d),
    'dill file': lambda d: dill.load(open(write('a.dill', d), 'rb')),
    'cloudpickle': lambda d: cloudpickle.loads(d),
}
def outcome(load, data):
    HIT.unlink(missing_ok=True)
    try:
        load(data)
        text = 'loaded'
    except BaseException as error:
        text = f'{type(error).__name__}: {error}'
    return ('HIT ' if HIT.exists() else '') + text
"""

BENIGN = """
from sklearn.linear_model import LinearRegression
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
import collections, datetime, decimal, fractions, uuid, re
X = np.arange(12.0).reshape(6, 2); y = np.array([0, 1, 0, 1, 0, 1])
class Mine:
    def __init__(self): self.x = 1
OBJECTS = {
    'dict': {'a': [1, 2.5, None, True, b'x', (1, 2)]}, 'set': {1, 2}, 'frozenset': frozenset({1}), 'complex': 1j,
    'ordered': collections.OrderedDict(a=1), 'defaultdict': collections.defaultdict(list, a=[1]),
    'counter': collections.Counter('abc'), 'deque': collections.deque([1]), 'date': datetime.datetime(2026, 1, 1),
    'delta': datetime.timedelta(3), 'decimal': decimal.Decimal('1.5'), 'fraction': fractions.Fraction(1, 3),
    'uuid': uuid.UUID(int=3), 'range': range(3), 'slice': slice(1, 2), 'bytearray': bytearray(b'x'), 'regex': re.compile('a+'),
    'array': X, 'objects': np.array([{'a': 1}], dtype=object), 'scalar': np.float64(1), 'dtype': np.dtype('f4'),
    'generator': np.random.default_rng(0), 'frame': pd.DataFrame({'a': [1], 'b': ['x']}), 'series': pd.Series([1.5]),
    'categories': pd.Categorical(['a', 'b']), 'timestamps': pd.date_range('2026-01-01', periods=2),
    'linear': LinearRegression().fit(X, y), 'forest': RandomForestClassifier(3).fit(X, y),
    'pipeline': make_pipeline(StandardScaler(), LinearRegression()).fit(X, y), 'mine': Mine(),
}
TENSORS = {'tensor': torch.arange(4.0), 'state': torch.nn.Linear(2, 2).state_dict(), 'module': torch.nn.Linear(2, 2),
           'parameter': torch.nn.Parameter(torch.ones(2)), 'size': torch.Size([2, 3])}
def good():
    out = {}
    for name, value in OBJECTS.items():
        out['pickle ' + name] = outcome(pickle.loads, pickle.dumps(value))
        joblib.dump(value, 'good.joblib'); out['joblib ' + name] = outcome(lambda _: joblib.load('good.joblib'), b'')
    for name, value in TENSORS.items():
        torch.save(value, 'good.pt'); out['torch ' + name] = outcome(lambda _: torch.load('good.pt', weights_only=False), b'')
    pd.DataFrame({'a': [1]}).to_pickle('good.pkl'); out['pandas'] = outcome(lambda _: pd.read_pickle('good.pkl'), b'')
    np.save('good.npy', OBJECTS['objects']); out['numpy'] = outcome(lambda _: np.load('good.npy', allow_pickle=True), b'')
    out['cloudpickle'] = outcome(cloudpickle.loads, cloudpickle.dumps({'a': X}))
    return {k: v for k, v in out.items() if v != 'loaded'}, len(out)
"""


@pytest.fixture(scope="module", autouse=True)
def guarded(kernel: Kernel) -> None:
    assert kernel.run(SETUP).error == ""
    assert "load" in kernel.run("%mlsec guard on load").stream()


def value(kernel: Kernel, expression: str) -> object:
    import ast

    ran = kernel.run(expression)
    assert ran.error == "", ran.error
    return ast.literal_eval(ran.data("text/plain")[0])


@pytest.mark.slow
def test_malicious_loads_stop_before_any_side_effect(kernel: Kernel) -> None:
    found = value(kernel, "{f'{l} {n}': outcome(f, d) for l, f in LOADERS.items() for n, d in EVIL.items()}")
    assert isinstance(found, dict)
    assert len(found) >= 100
    assert {name: text for name, text in found.items() if "mlsec stopped this load" not in text} == {}


def test_rare_ways_to_a_callable_are_stopped_too(kernel: Kernel) -> None:
    found = value(kernel, "{n: outcome(pickle.loads, d) for n, d in RARE.items()}")
    assert isinstance(found, dict)
    assert {name: text for name, text in found.items() if "mlsec stopped this load" not in text} == {}
    found = value(kernel, "{n: outcome(lambda d: Python(io.BytesIO(d)).load(), d) for n, d in RARE.items()}")
    assert isinstance(found, dict)
    assert {name: text for name, text in found.items() if "mlsec stopped this load" not in text} == {}


@pytest.mark.slow
def test_loads_of_real_objects_pass(kernel: Kernel) -> None:
    assert kernel.run(BENIGN).error == ""
    stopped, count = value(kernel, "good()")
    assert stopped == {}
    assert count >= 40


def test_the_error_names_callable_and_file(kernel: Kernel) -> None:
    ran = kernel.run("joblib.load(write('named.joblib', EVIL['os.system']))")
    assert ran.error.startswith("UnsafeLoad: mlsec stopped this load")
    assert "named.joblib" in ran.error
    (shown,) = [m["content"]["traceback"] for m in ran.messages if m["msg_type"] == "error"]
    assert any("joblib.load(write(" in line for line in shown)
    assert not any("mlsec_nb" in line for line in shown)


def test_allow_lets_one_callable_pass_for_a_reason(kernel: Kernel) -> None:
    data = "payload('os', 'getenv', 'HOME')"
    code = f"import mlsec_nb\nwith mlsec_nb.guard().allow('os.system', reason='a test'):\n    print(outcome(pickle.loads, {data}))"
    assert "mlsec stopped" not in kernel.run("print(outcome(pickle.loads, EVIL['builtins.eval']))").error
    assert kernel.run(code).error == ""
    ran = kernel.run("with mlsec_nb.guard().allow('os.system', reason=' '):\n    pass")
    assert "needs a reason" in ran.error
    allowed = kernel.run(
        "with mlsec_nb.guard().allow('os.system', reason='mine'):\n    print(outcome(pickle.loads, EVIL['os.system']))"
    )
    assert "HIT loaded" in allowed.stream()


def test_what_the_error_offers_lets_the_file_pass(kernel: Kernel) -> None:
    ran = kernel.run("evil = write('offered.joblib', EVIL['os.system'])\njoblib.load(evil)")
    offer = ran.error.split("If you trust it: ")[1].replace("reason=…", "reason='a test'")
    code = f"from mlsec_nb import guard\nwith {offer}:\n    print(outcome(lambda _: joblib.load(evil), b''))"
    assert kernel.run(code).stream() == "HIT loaded\n"


def test_warn_says_it_and_lets_it_pass(kernel: Kernel) -> None:
    kernel.run("%mlsec guard on load --mode warn")
    ran = kernel.run(
        "import warnings\nwarnings.simplefilter('always')\nprint(outcome(pickle.loads, EVIL['os.system']))"
    )
    assert "HIT loaded" in ran.stream()
    assert "os.system" in ran.stream("stderr")
    kernel.run("%mlsec guard on load")


def test_the_report_of_the_guard_tells_what_was_stopped(kernel: Kernel) -> None:
    kernel.run("print(outcome(pickle.loads, EVIL['posix.system']))")
    ran = kernel.run("%mlsec guard report")
    assert "posix.system" in ran.data("text/plain")[0]
    assert ran.data("application/vnd.mlsec.report+json")[0]["verdict"]["passed"] is False


def test_off_is_off(kernel: Kernel) -> None:
    kernel.run("%mlsec guard off load")
    assert "HIT loaded" in kernel.run("print(outcome(pickle.loads, EVIL['os.system']))").stream()
    kernel.run("%mlsec guard on load")
