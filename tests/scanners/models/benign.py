"""Files as the real libraries write them: `files(full)` gives name and bytes; nothing in them is of our own making."""

import bz2
import collections
import datetime as dt
import decimal
import enum
import functools
import gzip
import io
import json
import lzma
import operator
import os
import pathlib
import pickle
import tempfile
import types
import uuid
import warnings
import zoneinfo
from fractions import Fraction


def files(full: bool):
    """The corpus: all of it, or what is made in a few seconds."""
    makers = [plain, numpys, frames, sklearns, torches]
    if full:
        makers += [boosting, scipys, more_torch, kerases, by_value, others]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for maker in makers:
            yield from maker(full)


def dumped(name, value, protocols=range(6)):
    for protocol in protocols:
        yield f"{name}.{protocol}.pkl", pickle.dumps(value, protocol)


def written(save, suffix) -> bytes:
    """What a function writes to a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"x{suffix}")
        save(path)
        return pathlib.Path(path).read_bytes()


def buffered(save) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


class Colour(enum.Enum):
    RED = 1


def plain(full):
    loop = [1]
    loop.append(loop)
    values = {
        "python": {"a": [1, 2.5, "x", b"y", None, True, 2**70, {1}, frozenset([3]), (1, 2), bytearray(b"z"), 1j, range(3), slice(1, 2), ...]},
        "collections": [collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1], 3), collections.defaultdict(list, a=[1]), collections.ChainMap({"a": 1})],
        "times": [dt.datetime(2024, 1, 2, tzinfo=dt.UTC), dt.timedelta(3), zoneinfo.ZoneInfo("Europe/Paris"), dt.date(2024, 1, 1), dt.time(3)],
        "numbers": [decimal.Decimal("1.5"), Fraction(1, 3), uuid.UUID(int=5)],
        "namespaces": [types.SimpleNamespace(a=1), pathlib.PurePosixPath("/a/b"), pathlib.Path("c")],
        "functions": [len, functools.partial(int, base=2), operator.itemgetter(1), sorted, operator.add],
        "errors": [ValueError("x"), KeyError("k")],
        "many": [(i, float(i), str(i)) for i in range(2000)],
        "recursive": loop,
    }  # fmt: skip
    for name, value in values.items():
        yield from dumped(name, value)


def numpys(full):
    import numpy as np

    arrays = {
        "floats": np.arange(12.0).reshape(3, 4), "objects": np.array([1, "x", None], dtype=object), "text": np.array(["a", "bc"]),
        "record": np.zeros(2, dtype=[("a", "i4"), ("b", "U3")]), "scalar": np.float64(3), "dates": np.array(["2020-01-01"], dtype="M8[D]"),
        "masked": np.ma.array([1, 2], mask=[0, 1]), "bools": np.array([True]), "fortran": np.asfortranarray(np.ones((3, 2))),
        "half": np.ones(3, np.float16), "complex": np.ones(3, complex), "empty": np.zeros((0, 3)),
    }  # fmt: skip
    for name, array in arrays.items():
        yield from dumped(f"np_{name}", array, (0, 2, 4, 5))
        if name not in {"scalar", "masked"}:
            yield f"{name}.npy", buffered(lambda stream, a=array: np.save(stream, a))
    yield "a.npz", buffered(lambda stream: np.savez(stream, a=arrays["floats"], b=arrays["objects"]))
    yield "b.npz", buffered(lambda stream: np.savez_compressed(stream, a=arrays["floats"]))
    yield from dumped("np_random", [np.random.RandomState(1), np.random.default_rng(1), np.random.PCG64(3)], (2, 5))
    yield from dumped("np_dtypes", [np.dtype("f4"), np.dtype([("x", "i2")]), np.float32, np.add, np.log1p], (2, 5))


def frames(full):
    import pandas as pd

    frame = pd.DataFrame({
        "a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2020", "2021"]), "d": pd.Categorical(["u", "v"]), "e": [pd.Timestamp("2020", tz="UTC")] * 2,
        "f": pd.array([1, None], dtype="Int64"), "g": pd.period_range("2020", periods=2, freq="M"), "h": pd.interval_range(0, 2), "i": pd.to_timedelta([1, 2], "D"),
    })  # fmt: skip
    values = {"frame": frame, "series": frame["a"], "multi": frame.set_index(["a", "b"]), "index": frame.index, "sparse": pd.Series([0, 1], dtype="Sparse[int]"),
              "stamps": [pd.Timestamp("2020"), pd.Timedelta(1, "D"), pd.Period("2020", "M"), pd.NaT, pd.NA, pd.offsets.MonthEnd(2), pd.Interval(0, 1)]}  # fmt: skip
    for name, value in values.items():
        yield from dumped(f"pd_{name}", value, (2, 4, 5))
    for compression in ("gzip", "bz2", "zip", "xz", "tar"):
        yield f"frame.{compression}", buffered(lambda stream, c=compression: frame.to_pickle(stream, compression=c))


def _joblibs(name, model, codecs):
    import joblib

    for codec in codecs:
        yield f"{name}.{codec}.joblib", buffered(lambda stream, c=codec: joblib.dump(model, stream, compress=c))


def sklearns(full):
    import numpy as np
    from sklearn import ensemble, linear_model, pipeline, preprocessing
    from sklearn.utils import all_estimators

    rng = np.random.default_rng(0)
    X = rng.random((30, 4))
    y = (X[:, 0] > 0.5).astype(int)
    chosen = [linear_model.LogisticRegression(), ensemble.RandomForestClassifier(3), pipeline.make_pipeline(
        preprocessing.FunctionTransformer(np.log1p), preprocessing.StandardScaler(), linear_model.Ridge())]  # fmt: skip
    for model in chosen:
        model.fit(X, y)
        name = f"sk_{type(model).__name__}"
        yield from dumped(name, model, (0, 2, 4, 5))
        yield from _joblibs(name, model, (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)))
        yield f"{name}.gz", gzip.compress(pickle.dumps(model))
        yield f"{name}.bz2", bz2.compress(pickle.dumps(model))
        yield f"{name}.xz", lzma.compress(pickle.dumps(model))
    if not full:
        return
    for number, (name, cls) in enumerate(all_estimators()):
        try:
            model = cls()
            with np.errstate(all="ignore"):
                model.fit(np.abs(X), y)
        except Exception:
            continue
        yield f"sk_{name}.{number % 6}.pkl", pickle.dumps(model, number % 6)
        if number % 3 == 0:
            yield from _joblibs(f"sk_{name}", model, (0, ("zlib", 3))[number % 2 :][:1])


def torches(full):
    import torch

    net = torch.nn.Sequential(
        torch.nn.Linear(3, 2),
        torch.nn.ReLU(),
        torch.nn.TransformerEncoderLayer(8, 2),
        torch.nn.LSTM(3, 2),
        torch.nn.BatchNorm1d(4),
    )
    optimizer = torch.optim.AdamW(net.parameters())
    values = {"state": net.state_dict(), "module": net, "checkpoint": {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3},
              "tensor": torch.ones(3, dtype=torch.bfloat16), "parameter": torch.nn.Parameter(torch.ones(2)), "sparse": torch.eye(3).to_sparse()}  # fmt: skip
    for name, value in values.items():
        for legacy in (False, True):
            yield (
                f"{name}.{legacy}.pt",
                buffered(lambda s, v=value, old=legacy: torch.save(v, s, _use_new_zipfile_serialization=not old)),
            )
    yield from dumped("torch_pickled", net.state_dict(), (2, 5))


def more_torch(full):
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
    yield "script.pt", buffered(lambda s: torch.jit.save(torch.jit.script(net), s))
    yield "trace.pt", buffered(lambda s: torch.jit.save(torch.jit.trace(net, torch.ones(1, 3)), s))
    yield "conv.pt", buffered(lambda s: torch.jit.save(torch.jit.script(torch.nn.Conv2d(1, 2, 3)), s))
    exported = torch.export.export(net, (torch.ones(1, 3),))
    yield "exported.pt2", buffered(lambda s: torch.export.save(exported, s))
    for name in ("Adam", "SGD", "RMSprop", "Adagrad"):
        optimizer = getattr(torch.optim, name)(net.parameters(), lr=0.1)
        yield f"{name}.pt", buffered(lambda s, o=optimizer: torch.save(o.state_dict(), s))
    for cls, args in {"GRU": (3, 2), "Conv1d": (1, 2, 3), "Embedding": (4, 2), "MultiheadAttention": (4, 2), "Transformer": (8, 2, 1, 1), "LayerNorm": (3,),
                      "Dropout": (), "GELU": (), "Softmax": (1,), "MaxPool2d": (2,), "Bilinear": (2, 2, 2), "PReLU": (), "EmbeddingBag": (4, 2)}.items():  # fmt: skip
        layer = getattr(torch.nn, cls)(*args)
        yield f"layer_{cls}.pt", buffered(lambda s, m=layer: torch.save(m, s))
    yield (
        "types.pt",
        buffered(
            lambda s: torch.save(
                {"d": torch.float16, "v": torch.device("cpu"), "s": torch.Size([1]), "q": torch.qint8}, s
            )
        ),
    )


def boosting(full):
    import lightgbm
    import numpy as np
    import xgboost

    rng = np.random.default_rng(0)
    X, y = rng.random((40, 3)), rng.integers(0, 2, 40)
    trees = xgboost.XGBClassifier(n_estimators=2).fit(X, y)
    yield from dumped("xgb", trees, (2, 5))
    for suffix in (".json", ".ubj"):
        yield f"xgb{suffix}", written(trees.save_model, suffix)
    light = lightgbm.LGBMClassifier(n_estimators=2, min_child_samples=1, verbose=-1).fit(X, y)
    yield from dumped("lgb", light, (2, 5))
    yield "lgb.txt", written(light.booster_.save_model, ".txt")
    yield from _joblibs("xgb", trees, (0, ("zlib", 3)))
    yield from _joblibs("lgb", light, (0,))


def scipys(full):
    import numpy as np
    from scipy import interpolate, sparse, spatial, stats

    values = {"csr": sparse.csr_matrix(np.eye(3)), "coo": sparse.coo_array(np.eye(3)), "spline": interpolate.CubicSpline([0, 1, 2], [0, 1, 4]), "norm": stats.norm(0, 1),
              "kde": stats.gaussian_kde([1.0, 2.0, 4.0]), "tree": spatial.KDTree(np.eye(3)), "rotation": spatial.transform.Rotation.identity(), "line": interpolate.interp1d([0, 1], [0, 1])}  # fmt: skip
    for name, value in values.items():
        yield from dumped(f"sp_{name}", value, (2, 5))
    yield "sparse.npz", buffered(lambda s: sparse.save_npz(s, sparse.csr_matrix(np.eye(3))))


def kerases(full):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    models = {
        "dense": keras.Sequential(
            [keras.Input((3,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dropout(0.1)]
        ),
        "conv": keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(2, 3),
                keras.layers.BatchNormalization(),
                keras.layers.Flatten(),
            ]
        ),
        "lstm": keras.Sequential(
            [
                keras.Input((4, 2)),
                keras.layers.Bidirectional(keras.layers.LSTM(2)),
                keras.layers.Dense(1, kernel_regularizer="l2"),
            ]
        ),
        "embedding": keras.Sequential(
            [keras.Input((4,)), keras.layers.Embedding(5, 2), keras.layers.GlobalAveragePooling1D()]
        ),
    }
    models["dense"].compile("adam", "mse", metrics=["mae"])
    for name, model in models.items():
        yield f"{name}.keras", written(model.save, ".keras")
        yield f"{name}.h5", written(model.save, ".h5")
        yield f"{name}.weights.h5", written(model.save_weights, ".weights.h5")
        yield f"{name}.json", model.to_json().encode()
        yield f"keras_{name}.pkl", pickle.dumps(model)


NOTEBOOK = """
import numpy as np
offset = 3
def shift(x):
    return np.asarray(x) + offset
double = lambda x: x * 2
class Scaler:
    factor = 2
    def __call__(self, x):
        return x * self.factor
"""


def by_value(full):
    import cloudpickle
    import dill
    import numpy as np

    space = {"__name__": "__main__"}
    exec(NOTEBOOK, space)
    shift, Scaler = space["shift"], space["Scaler"]
    for name, library in (("cloudpickle", cloudpickle), ("dill", dill)):
        yield f"{name}_data.pkl", library.dumps({"a": np.arange(3), "f": np.log})
        yield f"{name}_lambda.pkl", library.dumps(space["double"])
        yield f"{name}_function.pkl", library.dumps(shift)
        yield f"{name}_partial.pkl", library.dumps(functools.partial(shift, 2))
        for protocol in (2, 4):
            yield f"{name}_class.{protocol}.pkl", library.dumps(Scaler(), protocol)


def others(full):
    import h5py
    import msgpack
    import numpy as np
    import onnx
    import skops.io
    from safetensors.numpy import save
    from sklearn import linear_model, pipeline, preprocessing

    yield (
        "a.safetensors",
        save({"w": np.ones((2, 3), np.float32), "b": np.zeros(3, np.float16)}, {"format": "pt", "license": "mit"}),
    )
    yield "b.safetensors", save({})
    for op in ("Relu", "Gemm", "Identity"):
        names = ["a", "b", "c"][: 3 if op == "Gemm" else 1]
        inputs = [onnx.helper.make_tensor_value_info(n, 1, [2, 2]) for n in names]
        output = onnx.helper.make_tensor_value_info("y", 1, [2, 2])
        weights = [onnx.numpy_helper.from_array(np.eye(2, dtype=np.float32), "w")]
        graph = onnx.helper.make_graph([onnx.helper.make_node(op, names, ["y"])], "g", inputs, [output], weights)
        yield f"{op}.onnx", onnx.helper.make_model(graph).SerializeToString()
    X, y = np.random.default_rng(0).random((20, 3)), [0, 1] * 10
    for number, model in enumerate(
        (
            linear_model.LogisticRegression(),
            pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge()),
        )
    ):
        yield f"{number}.skops", skops.io.dumps(model.fit(X, y))
    yield "flax.msgpack", msgpack.packb({"params": {"w": np.ones(3).tobytes(), "b": [1.0, 2.0]}, "step": 3})

    def tables(path):
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=np.arange(100.0), compression="gzip", chunks=(10,))
            file["soft"] = h5py.SoftLink("/x")
            file.attrs["title"] = "numbers"

    yield "data.h5", written(tables, ".h5")
    configs = {
        "config.json": {"architectures": ["BertModel"], "hidden_size": 32, "model_type": "bert", "torch_dtype": "float32"},
        "generation_config.json": {"eos_token_id": 2, "max_length": 20},
        "tokenizer_config.json": {"chat_template": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim }}{% endfor %}"
                                  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}{% set ns = namespace(found=false) %}{{ raise_exception('no') if ns.found }}"},
        "model_index.json": {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.20", "unet": ["diffusers", "UNet2DConditionModel"], "text_encoder": ["transformers", "CLIPTextModel"]},
        "hydra.json": {"optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.1}, "model": {"_target_": "nemo.collections.asr.models.EncDecCTCModel"}},
    }  # fmt: skip
    for name, config in configs.items():
        yield name, json.dumps(config).encode()
    yield (
        "MLmodel",
        b"artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    python_version: 3.11\n",
    )
    yield "conf.yaml", b"optimizer:\n  _target_: torch.optim.SGD\n  lr: 0.1\nsize: !!python/tuple [1, 2]\n"
