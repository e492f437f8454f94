import contextlib
import json
from pathlib import Path

import pytest

from mlsec_nb.config import Limits, Settings
from mlsec_nb.core import Artifact, CannotScan, Component, Gap, Kind
from mlsec_nb.io.files import LocalFile
from mlsec_nb.notebooks import read
from mlsec_nb.scanners.dependencies.scanner import build
from tests.scanners.dependencies.kit import packages, rules, scan

FORTY = "0123456789" * 4
MANIFESTS = {
    "requirements.txt": (
        ("# comment\n-r other.txt\n-i https://example.com/simple\nnumpy==1.0 --hash=sha256:00 \\\n    --hash=sha256:11\n"
        "pandas[all] >= 2 ; python_version < '3.12'  # why\n-e git+https://example.com/o/b.git#egg=b\n./local\nc===1.0\n"),
        {"numpy==1.0", "pandas", "b", "c==1.0"},
    ),
    "requirements/dev.txt": ("a==1", {"a==1"}),
    "dev-requirements.in": ("a", {"a"}),
    "constraints.txt": ("a==1", {"a==1"}),
    "conda-requirements.txt": (
        "@EXPLICIT\nhttps://example.com/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_0.conda#abc\n", {"numpy==1.26.4"},
    ),
    "pyproject.toml": (
        ('[build-system]\nrequires = ["hatchling"]\n[project]\nname = "x"\ndependencies = ["a==1", "b>=2"]\n'
        '[project.optional-dependencies]\nt = ["c"]\n[dependency-groups]\ng = ["d", {include-group = "t"}]\n'
        '[tool.poetry.dependencies]\npython = "^3.11"\ne = "^1.2"\nf = {version = "1.2.3", extras = ["z"]}\n'
        'g = {git = "https://example.com/o/g.git", branch = "main"}\n[tool.poetry.group.dev.dependencies]\nh = "*"\n'
        '[tool.uv]\ndev-dependencies = ["i"]\n[tool.uv.sources]\nj = {url = "https://example.com/j-1.0.zip"}\n'),
        {"hatchling", "a==1", "b", "c", "d", "e", "f==1.2.3", "g", "h", "i", "j"},
    ),
    "setup.cfg": (
        ("[metadata]\nname = x\nrequires = no\n[options]\ninstall_requires =\n    a==1\n    # no\n    b>=2\n"
        "[options.extras_require]\nt =\n    c\n"),
        {"a==1", "b", "c"},
    ),
    "Pipfile": (
        ('[[source]]\nurl = "https://example.com/simple"\nverify_ssl = true\n[packages]\na = "*"\nb = "==1.0"\n[dev-packages]\n'
        'c = {version = "==2.0"}\n'),
        {"a", "b==1.0", "c==2.0"},
    ),
    "Pipfile.lock": (
        json.dumps({"default": {"a": {"version": "==1.0", "hashes": ["sha256:0"]}}, "develop": {"b": {"version": "==2"}}}),
        {"a==1.0", "b==2"},
    ),
    "poetry.lock": (
        ('[[package]]\nname = "a"\nversion = "1.0"\nfiles = [{file = "x", hash = "sha256:0"}]\n[[package]]\nname = "b"\nversion = "2"\n'
        f'[package.source]\ntype = "git"\nurl = "https://example.com/b.git"\nresolved_reference = "{FORTY}"\n'),
        {"a==1.0", "b==2"},
    ),
    "uv.lock": (
        ('version = 1\n[[package]]\nname = "me"\nversion = "0"\nsource = { editable = "." }\n[[package]]\nname = "a"\nversion = "1.0"\n'
        'source = { registry = "https://example.com/simple" }\nsdist = { url = "u", hash = "sha256:0" }\n'),
        {"a==1.0"},
    ),
    "pdm.lock": ('[[package]]\nname = "a"\nversion = "1.0"\nfiles = [{file = "x", hash = "sha256:0"}]\n', {"a==1.0"}),
    "pylock.toml": (
        'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1.0"\n[[packages.wheels]]\nurl = "u"\nhashes = {sha256 = "0"}\n',
        {"a==1.0"},
    ),
    "pylock.dev.toml": ('[[packages]]\nname = "a"\nversion = "1.0"\n', {"a==1.0"}),
    "environment.yml": (
        "name: x\nchannels: [conda-forge]\ndependencies:\n  - python=3.11\n  - numpy=1.26\n  - scipy\n  - pip:\n    - a==1\n    - -r r.txt\n",
        {"python==3.11", "numpy==1.26", "scipy", "a==1"},
    ),
    "conda-lock.yml": (
        ("package:\n- name: a\n  version: 1.0.0\n  manager: conda\n  platform: linux-64\n  hash: {md5: x}\n"
        "- name: a\n  version: 1.0.0\n  manager: conda\n  platform: osx-64\n- name: b\n  version: '2'\n  manager: pip\n"),
        {"a==1.0.0", "b==2"},
    ),
    "pixi.lock": (
        ("version: 6\npackages:\n- conda: https://example.com/linux-64/a-1.0-h1_0.conda\n  sha256: x\n- pypi: https://example.com/b.whl\n"
        "  name: b\n  version: 2.0.1\n  sha256: y\n"),
        {"a==1.0", "b==2.0.1"},
    ),
    "package.json": ('{"dependencies": {"a": "^1.0.0", "b": "1.2.3"}, "devDependencies": {"c": "o/c"}}', {"a", "b==1.2.3", "c"}),
    "package-lock.json": (
        ('{"packages": {"": {"name": "me"}, "node_modules/a": {"version": "1.0.0"}, "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},'
        ' "node_modules/l": {"link": true}}}'),
        {"a==1.0.0", "@s/b==2.0.0"},
    ),
    "npm-shrinkwrap.json": (
        '{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}}}', {"a==1.0.0", "b==2.0.0"},
    ),
    "yarn.lock": (
        ('# yarn lockfile v1\n\n"@s/a@^1.0.0", "@s/a@^1.1.0":\n  version "1.2.0"\n  resolved "https://example.com/a.tgz#00"\n'
        '  integrity sha512-x\n\nb@^2.0.0:\n  version "2.0.1"\n'),
        {"@s/a==1.2.0", "b==2.0.1"},
    ),
    "pnpm-lock.yaml": (
        "packages:\n  /a@1.0.0:\n    resolution: {integrity: x}\n  '@s/b@2.0.0(c@1.0.0)':\n    resolution: {integrity: y}\n",
        {"a==1.0.0", "@s/b==2.0.0"},
    ),
    "Cargo.lock": (
        ('[[package]]\nname = "me"\nversion = "0.1.0"\n[[package]]\nname = "a"\nversion = "1.0.0"\n'
        'source = "registry+https://example.com/index"\nchecksum = "00"\n'),
        {"a==1.0.0"},
    ),
}  # fmt: skip


BROKEN = ("{[", "\x00", "- [", '"', "[[package]]\nname = 3\n", "[]", "null", '{"packages": 3, "default": []}')


@pytest.mark.parametrize("path", MANIFESTS)
def test_every_manifest_is_read_with_places_that_hold_the_name(path: str) -> None:
    text, expected = MANIFESTS[path]
    said = scan(text, path=path)
    assert packages(said) == expected
    lines = text.split("\n")
    for item in said:
        if isinstance(item, Component):
            assert item.location.line is not None
            assert item.name.lower() in lines[item.location.line - 1].lower(), item
    assert not [item for item in said if isinstance(item, Gap) and item.code not in {"no-advisories", "skipped"}]


@pytest.mark.parametrize("path", MANIFESTS)
def test_a_broken_manifest_is_never_a_crash(path: str) -> None:
    text, _ = MANIFESTS[path]
    for broken in (*BROKEN, text[: len(text) // 2]):
        with contextlib.suppress(CannotScan):
            scan(broken, path=path)


@pytest.mark.parametrize("path", ["uv.lock", "Pipfile.lock", "environment.yml"])
def test_what_does_not_parse_is_said(path: str) -> None:
    with pytest.raises(CannotScan, match="is no valid") as caught:
        scan("{[", path=path)
    assert caught.value.code == "malformed"


def test_a_lock_without_protection_is_found() -> None:
    lock = '[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "http://example.com/simple" }\n'
    assert "DEP-PLAIN-HTTP" in rules(scan(lock, path="uv.lock"))
    assert rules(scan('[[source]]\nurl = "https://example.com"\nverify_ssl = false\n', path="Pipfile")) == {
        "DEP-TRUSTED-HOST"
    }
    two = '[[source]]\nurl = "https://a.example.com"\n[[source]]\nurl = "https://b.example.com"\n'
    assert rules(scan(two, path="Pipfile")) == {"DEP-EXTRA-INDEX"}
    assert rules(scan('[[tool.uv.index]]\nurl = "https://b.example.com"\n', path="pyproject.toml")) == {
        "DEP-EXTRA-INDEX"
    }
    assert (
        rules(scan('[[tool.uv.index]]\nurl = "https://b.example.com"\nexplicit = true\n', path="pyproject.toml"))
        == set()
    )
    poetry = '[[tool.poetry.source]]\nname = "b"\nurl = "https://b.example.com"\npriority = "supplemental"\n'
    assert rules(scan(poetry, path="pyproject.toml")) == {"DEP-EXTRA-INDEX"}


def test_what_npm_calls_deprecated_is_said() -> None:
    lock = '{"packages": {"node_modules/a": {"version": "1.0.0", "integrity": "x", "deprecated": "use b"}}}'
    assert rules(scan(lock, path="package-lock.json")) == {"DEP-DEPRECATED"}


def test_a_line_that_is_no_requirement_is_a_gap() -> None:
    (gap,) = scan("??", path="requirements.txt")
    assert isinstance(gap, Gap)
    assert (gap.code, gap.location.line) == ("malformed", 1)


def test_included_files_are_read_beside_the_manifest_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "project" / "deps").mkdir(parents=True)
    (tmp_path / "outside.txt").write_text("secret\n")
    folder = tmp_path / "project"
    (folder / "deps" / "base.txt").write_text("a==1\n-r base.txt\n")
    (folder / "requirements.txt").write_text(
        "-r deps/base.txt\n-c ../outside.txt\n-r none.txt\n-r requirements-dev.txt\nb==1\n"
    )
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "dev-requirements.txt").write_text("-r link.txt\n-r /etc/passwd\n-r https://example.com/x.txt\n")
    said = []
    for name in ("requirements.txt", "dev-requirements.txt"):
        artifact = Artifact(f"project/{name}", Kind.MANIFEST, LocalFile(str(folder / name)))
        said += build(Settings(options={"advisories": "/nowhere/x"})).scan(read(artifact))
    assert packages(said) == {"a==1", "b==1"}
    assert [item.location.path for item in said if isinstance(item, Component)] == [
        "project/requirements.txt",
        "project/deps/base.txt",
    ]
    missing = [item for item in said if isinstance(item, Gap) and item.code == "skipped"]
    assert sorted((item.location.path, item.location.line) for item in missing) == [
        ("project/deps/base.txt", 2), ("project/dev-requirements.txt", 1), ("project/dev-requirements.txt", 2),
        ("project/requirements.txt", 2), ("project/requirements.txt", 3),
    ]  # fmt: skip


def test_a_program_names_what_it_needs() -> None:
    block = (
        '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "a==1",\n#   "b",\n# ]\n# ///\nimport a\n'
    )
    assert packages(scan(block, path="x.py")) == {"a==1", "b"}
    assert packages(scan("# /// script\n# dependencies = [\n# ///\nx = 1\n", path="x.py")) == set()


def test_rarer_forms_are_read() -> None:
    pyproject = (
        '[tool.poetry.dependencies]\na = [{version = "==1.0"}, {version = ">=2"}]\nb = {path = "../b"}\nc = {url = "http://x.example/c.zip"}\n'
        '[tool.uv]\nextra-index-url = ["https://x.example"]\nindex-url = "http://x.example"\n[tool.uv.sources]\nd = [{git = "https://x.example/d.git"}]\n'
        '[tool.pdm.dev-dependencies]\nt = ["e", "bad requirement !!"]\n[project]\ndependencies = ["f\\u0061==1", "g @ http://x.example/g-1.zip", 3]\n'
    )  # fmt: skip
    said = scan(pyproject, path="pyproject.toml")
    assert packages(said) == {"a==1.0", "a", "c", "d", "e", "fa==1", "g==1"}
    assert rules(said) >= {"DEP-PLAIN-HTTP", "DEP-EXTRA-INDEX"}
    assert packages(scan("[options]\ninstall_requires = a; b\n", path="setup.cfg")) == {"a", "b"}
    conda = "channels: [http://x.example/c]\ndependencies:\n- pip:\n  - -i http://x.example/simple\n  - git+https://x.example/o/a.git\n"
    assert rules(scan(conda, path="environment.yml")) == {"DEP-PLAIN-HTTP", "DEP-GIT"}
    assert "DEP-PLAIN-HTTP" in rules(
        scan("@EXPLICIT\nhttp://x.example/linux-64/a-1.0-0.conda\n", path="requirements.txt")
    )
    package = (
        '{"dependencies": {"a": "http://x.example/a.tgz", "b": "file:../b", "c": "git+ssh://git@x.example/c.git"}}'
    )
    assert rules(scan(package, path="package.json")) == {"DEP-PLAIN-HTTP", "DEP-URL", "DEP-GIT"}
    lock = '{"packages": {"node_modules/a": {"version": "1.0.0", "resolved": "http://x.example/a.tgz", "license": {"type": "MIT"}}}}'
    assert "DEP-PLAIN-HTTP" in rules(scan(lock, path="package-lock.json"))
    yarn = '"a@workspace:.":\n  version: 0.0.0\n\n"b@npm:^1.0.0":\n  version: 1.0.1\n  checksum: x\n'
    assert packages(scan(yarn, path="yarn.lock")) == {"b==1.0.1"}
    requirements = "-ihttp://x.example/simple\n--editable ./a\n-e git+https://x.example/b.git#egg=b\n--pre\n-\n"
    assert rules(scan(requirements, path="requirements.txt")) == {"DEP-PLAIN-HTTP", "DEP-GIT"}


def test_yaml_that_is_too_long_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsec_nb.scanners.dependencies.manifests.places.MAX_YAML", 10)
    with pytest.raises(CannotScan, match="characters of YAML"):
        scan("dependencies: [a, b, c]", path="environment.yml")


def test_a_list_of_setup_cfg_is_parted_as_setuptools_does() -> None:
    text = "[options]\ninstall_requires =\n    pyyaml==5.1; python_version > '3'\n    urllib3==1.24.1\nsetup_requires = a==1; b==2\n"
    assert packages(scan(text, path="setup.cfg")) == {"pyyaml==5.1", "urllib3==1.24.1", "a==1", "b==2"}


def test_an_included_file_may_lead_back_into_the_folder_but_not_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("outside==1\n")
    folder = tmp_path / "project"
    (folder / "more").mkdir(parents=True)
    (folder / "requirements.txt").write_text("-r more/base.txt\n")
    (folder / "more/base.txt").write_text("-r ../deep.txt\na==1\n")
    (folder / "deep.txt").write_text("b==2\n-r ../out.txt\n-r more/base.txt\n")
    artifact = Artifact("project/requirements.txt", Kind.MANIFEST, LocalFile(str(folder / "requirements.txt")))
    said = list(build(Settings(options={"advisories": "/nowhere/x"})).scan(read(artifact, Limits())))
    assert packages(said) == {"a==1", "b==2"}
    assert {one.location.path for one in said if isinstance(one, Component)} == {
        "project/more/base.txt",
        "project/deep.txt",
    }
    assert [one.location.line for one in said if isinstance(one, Gap) and "included" in one.reason] == [2, 3]
