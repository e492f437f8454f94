import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import string
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.config import Config
from mlsec_nb.core import Kind
from mlsec_nb.sources import collect
from mlsec_nb.sources.kinds import kind_of
from mlsec_nb.sources.magic import HEAD, looks_like_pickle

TEXT = b"some text\n"


def kind(path, data=TEXT):
    return kind_of(path, data if isinstance(data, bytes) else data.encode())


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        (Kind.NOTEBOOK, "a.ipynb A.IPYNB x/y.qmd a.Rmd"),
        (Kind.SOURCE, "a.py a.R a.jl a.sh a.js a.ts a.sql a.scala Makefile setup.py dockerfile_tools.py x/Snakefile"),
        (Kind.MANIFEST, ("requirements.txt requirements-dev.txt x/dev-requirements.txt requirements/test.txt a/requirements/x.in poetry.lock "
                        "x/pyproject.toml setup.cfg environment.yml environment-gpu.yaml conda-lock.yml Pipfile Pipfile.lock package.json "
                        "package-lock.json pnpm-lock.yaml yarn.lock pylock.toml pylock.dev.toml uv.lock pdm.lock any.lock constraints.txt")),
        (Kind.MODEL, ("a.pkl a.pickle a.joblib a.pt a.pth a.ckpt a.h5 a.hdf5 a.keras a.pb a.tflite a.onnx a.safetensors a.gguf a.npy a.npz "
                     "a.skops a.mar a.nemo a.rds a.RData a.cbm a.ubj a.msgpack a.llamafile a.pdmodel a.mlmodel a.sav")),
        (Kind.DATA, "a.csv a.tsv a.parquet a.arrow a.feather a.jsonl a.xlsx a.sqlite a.duckdb a.avro data.dvc dvc.lock a.csv.gz"),
        (Kind.IAC, ("main.tf main.tf.json main.tofu Dockerfile Dockerfile.gpu gpu.Dockerfile Containerfile docker-compose.yml docker-compose.prod.yml "
                   "compose.yaml .github/workflows/ci.yml x/.github/workflows/ci.yaml .gitlab-ci.yml chart/Chart.yaml")),
        (Kind.API, "openapi.json openapi.yaml swagger.yml pets.openapi.json"),
        (Kind.TEXT, "a.txt README README.md a.yaml a.json .env a.toml dockerfile-tips.md workflows/ci.yml a.weights deploy.plan a.html"),
    ],
)  # fmt: skip
def test_names(expected, names):
    assert {name: kind(name) for name in names.split()} == dict.fromkeys(names.split(), expected)


@pytest.mark.parametrize(
    ("expected", "path", "text"),
    [
        (Kind.NOTEBOOK, "a.py", "# %%\nx = 1\n"),
        (Kind.NOTEBOOK, "a.py", "x = 1\r\n#%% [markdown]\r\n# text"),
        (Kind.SOURCE, "a.py", "print('# %% no cell')\nx = 5 %% 3"),
        (Kind.NOTEBOOK, "a.js", "// %%\nx"),
        (Kind.NOTEBOOK, "a.sql", "-- %%\nselect 1"),
        (Kind.NOTEBOOK, "a.md", "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n# T"),
        (Kind.NOTEBOOK, "a.md", "---\ntitle: x\nkernelspec:\n  name: python3\n---\n"),
        (Kind.TEXT, "a.md", "---\ntitle: x\n---\njupytext: is a tool"),
        (Kind.TEXT, "a.md", "# About jupyter:\n---\n"),
        (Kind.NOTEBOOK, "noname", '{"cells": [], "metadata": {}}'),
        (Kind.NOTEBOOK, "a.json", '\ufeff{\n "nbformat": 4, "cells": []}'),
        (Kind.TEXT, "a.json", '{"cells": 7}'),
        (Kind.API, "api.yaml", "# pets\nopenapi: 3.1.0\ninfo: {}"),
        (Kind.API, "x.json", '{"swagger": "2.0"}'),
        (Kind.TEXT, "x.yaml", "about: openapi\nversion: 3"),
        (Kind.IAC, "k.yaml", "apiVersion: v1\nkind: Secret\n"),
        (Kind.IAC, "k.yml", "# x\n---\nkind: Pod\napiVersion: v1\n"),
        (Kind.IAC, "k.json", '{\n  "kind": "Pod",\n  "apiVersion": "v1"\n}'),
        (Kind.TEXT, "k.yaml", "kind: Pod\nversion: v1\n"),
        (Kind.IAC, "t.yaml", 'apiVersion: {{ include "x" . }}\nkind: Deployment\n'),
        (Kind.IAC, "k.json", '{"kind":"Pod","apiVersion":"v1"}'),
        (Kind.IAC, "c.json", '{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}'),
        (Kind.TEXT, ".env", "KEY=\0\0\0\0\0"),
        (Kind.TEXT, "prod.env", "\0\1\2"),
        (Kind.TEXT, ".env.local", "\0\1\2"),
        (Kind.SOURCE, "a.py", "\0\1\2"),
        (Kind.NOTEBOOK, "x", '{"cells": []}'.encode("utf-16").decode("latin-1")),
        (Kind.IAC, "c.yaml", "AWSTemplateFormatVersion: '2010-09-09'"),
        (Kind.IAC, "c.json", '{"Resources": {"B": {\n"Type": "AWS::S3::Bucket"}}}'),
        (Kind.TEXT, "c.yaml", "note: the AWS::S3 kind\n"),
        (Kind.SOURCE, "run", "#!/usr/bin/env python3\nprint(1)"),
        (Kind.SOURCE, "run", "#!/bin/sh\nls"),
        (Kind.TEXT, "run", "#!not a path"),
        (Kind.TEXT, "empty", ""),
    ],
)
def test_what_the_text_says(expected, path, text):
    assert kind(path, text if text[:1] != "ÿ" else text.encode("latin-1")) is expected


class Odd:
    def __reduce__(self):
        return (print, ("x" * 20,))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value", [{"a": [1, 2.5, None]}, Odd(), [Odd(), "x"], {"w": np.arange(9)}, set("abc"), b"bytes" * 99, (1, "two")]
)
@pytest.mark.parametrize("path", ["innocent.txt", "x.bin", "noname", "data.csv", "n.ipynb"])
def test_a_pickle_is_a_model_whatever_its_name(protocol, value, path):
    assert kind(path, pickle.dumps(value, protocol)[:HEAD]) is Kind.MODEL


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n(S'ls'\ntR.",
        b"\x80\x04cos\nsystem\n(S'ls'\ntRBROKEN",
        b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x00x\x85R\xff\xff",
    ],
)
def test_hand_made_and_broken_pickles(data):
    assert kind("a.txt", data) is Kind.MODEL


@pytest.mark.parametrize(
    "text",
    ["cat\ndog\n(maybe)", "call\nme\n(later).", "(a list)\n", "]\n", "c\nd\n", "Name\tAge\n", "I am.\n", "(I was here).", "(dp0\nmore", "N.", "I1\n.", "a" * 9000, "---\n", "}{", "\x1b[31mred\x1b[0m"],
)  # fmt: skip
def test_text_is_no_pickle(text):
    assert kind("a.txt", text) is Kind.TEXT


@given(st.text(string.printable, max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_printable_text_is_a_model(text):
    assert kind("a.txt", text) is not Kind.MODEL or looks_like_pickle(text.encode())


@given(st.binary(max_size=400), st.sampled_from(["a.txt", "b", "c.py", "d.json", "e.zip"]))
@settings(max_examples=400, deadline=None)
def test_there_is_always_an_answer(data, path):
    assert isinstance(kind(path, data), Kind)


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return out.getvalue()


def tarred(*names, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


def saved(value, save=np.save):
    out = io.BytesIO()
    save(out, value)
    return out.getvalue()


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (Kind.MODEL, b"\x89HDF\r\n\x1a\n" + bytes(90)),
        (Kind.MODEL, b"GGUF\x03\0\0\0" + bytes(90)),
        (Kind.MODEL, b"\x1c\0\0\0TFL3" + bytes(90)),
        (Kind.MODEL, (40).to_bytes(8, "little") + b'{"__metadata__":{}}'.ljust(40)),
        (Kind.MODEL, saved(np.arange(3))),
        (Kind.MODEL, zipped("archive/data.pkl", "archive/version")),
        (Kind.MODEL, zipped("a.npy")),
        (Kind.MODEL, zipped("config.json", "model.weights.h5")),
        (Kind.DATA, b"PAR1" + bytes(90)),
        (Kind.DATA, b"Obj\x01" + bytes(90)),
        (Kind.DATA, bytes(8) + b"DUCK" + bytes(90)),
        (Kind.DATA, zipped("[Content_Types].xml", "xl/workbook.xml")),
        (Kind.IMAGE, tarred("blobs/sha256/" + "0" * 64, "index.json", "manifest.json", "oci-layout")),
        (Kind.IMAGE, tarred("0" * 64 + "/VERSION", "0" * 64 + "/layer.tar")),
        (Kind.MODEL, tarred("model_config.yaml", "model_weights.ckpt")),
        (Kind.BINARY, zipped("a.txt")),
        (Kind.BINARY, zipped("pkg/a.pth", "pkg-1.dist-info/RECORD")),
        (Kind.BINARY, tarred("a.txt")),
        (Kind.BINARY, b"\x7fELF" + bytes(200)),
        (Kind.BINARY, b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        (Kind.BINARY, bytes(1000)),
        (Kind.TEXT, "hällo".encode("utf-16")),
        (Kind.TEXT, b"\xef\xbb\xbfhello"),
        (Kind.TEXT, "naïve café".encode("latin-1")),
        (Kind.TEXT, "key = value\n".encode("utf-16-le")),
        (Kind.TEXT, "key = value\n".encode("utf-16-be")),
        (Kind.TEXT, "key = value\n".encode("utf-32-be")),
        (Kind.TEXT, b"x" * 200 + b"\0\n"),
        (Kind.TEXT, b"ORC is what they are called\n"),
        (Kind.TEXT, b"GGUF, PAR1 and FEA1 are magic numbers\n"),
        (Kind.BINARY, (b"\x01\0\x02\0" * 99)),
        (Kind.BINARY, tarred("index.json", "manifest.json")),
        (Kind.BINARY, zipped("manifest.json", "popup.html")),
    ],
)
def test_bytes_tell_whatever_the_name(expected, data):
    assert kind("thing", data) is expected


def test_a_database(tmp_path):
    with sqlite3.connect(tmp_path / "x") as base:
        base.execute("create table t (a)")
    base.close()
    assert kind("x", (tmp_path / "x").read_bytes()) is Kind.DATA


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (Kind.MODEL, gzip.compress(pickle.dumps(Odd()), mtime=0)),
        (Kind.MODEL, bz2.compress(pickle.dumps(Odd()))),
        (Kind.MODEL, lzma.compress(pickle.dumps(Odd()))),
        (Kind.MODEL, lzma.compress(pickle.dumps(Odd()), lzma.FORMAT_ALONE)),
        (Kind.MODEL, zlib.compress(pickle.dumps(Odd()))),
        (Kind.IMAGE, tarred("blobs/sha256/" + "0" * 64, mode="w:gz")),
        (Kind.BINARY, gzip.compress(b"plain text", mtime=0)),
        (Kind.BINARY, gzip.compress(pickle.dumps(Odd()), mtime=0)[:20]),
        (Kind.BINARY, zipped("a.txt")[:-9]),
    ],
)  # fmt: skip
def test_what_is_inside_tells(tmp_path, expected, data):
    (tmp_path / "thing").write_bytes(data)
    (found,) = collect([str(tmp_path)], Config())
    assert found.kind is expected


def test_names_at_the_end_of_an_archive_tell(tmp_path):
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("big.txt", bytes(200_000))
        archive.writestr("y.pkl", b"")
    with tarfile.open(tmp_path / "t", "w") as archive:
        for name in ("big.txt", "0" * 64 + "/layer.tar"):
            info = tarfile.TarInfo(name)
            info.size = 200_000
            archive.addfile(info, io.BytesIO(bytes(200_000)))
    assert [found.kind for found in collect([str(tmp_path)], Config())] == [Kind.IMAGE, Kind.MODEL]


@pytest.mark.parametrize("mark", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"MM\0*"])
def test_pixels_are_no_text_even_with_few_control_characters(mark: bytes) -> None:
    assert kind_of("a/picture", mark + bytes(range(0x80, 0x100)) * 20) is Kind.BINARY
