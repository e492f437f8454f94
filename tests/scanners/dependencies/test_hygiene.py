import pytest

from mlsec_nb.core import Finding, Severity, UsageError
from mlsec_nb.scanners.dependencies.names import imitated, known
from mlsec_nb.scanners.dependencies.story import catalogue
from tests.scanners.dependencies.kit import packages, rules, scan

RULES = [rule for rule in catalogue().values() if rule.bad]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_bad_examples_and_not_its_good_ones(rule: object) -> None:
    for bad in rule.bad:
        assert rule.id in rules(scan(bad)), bad
    for good in rule.good:
        assert rule.id not in rules(scan(good)), good


def findings(*cells: str, **options: object) -> list[Finding]:
    return [item for item in scan(*cells, **options) if isinstance(item, Finding)]


def test_an_ordinary_notebook_has_nothing_of_weight() -> None:
    found = findings(
        "!pip install datasets evaluate transformers[sentencepiece]",
        "!apt install git-lfs",
        "! pip3 install -U google-cloud-storage $USER_FLAG",
        "!pip install torch --extra-index-url https://download.pytorch.org/whl/cu118",
    )
    assert {one.severity for one in found} == {Severity.INFO}


def test_one_finding_names_all_packages_that_a_cell_does_not_pin() -> None:
    (found,) = findings("!pip install a b\n!pip install c==1 d")
    assert found.message == "no exact version of a, b, d"


@pytest.mark.parametrize(
    ("line", "rule", "severity"),
    [
        ("numpy", "DEP-UNPINNED", "low"),
        ("numpy>=1", "DEP-UNPINNED", "info"),
        ("numpy==1.*", "DEP-UNPINNED", "info"),
        ("numpy==1.0", "DEP-NO-HASH", "info"),
        ("--trusted-host packages.example.com", "DEP-TRUSTED-HOST", "medium"),
        ("-f http://packages.example.com/wheels", "DEP-PLAIN-HTTP", "high"),
        ("--extra-index-url=https://packages.example.com/simple", "DEP-EXTRA-INDEX", "medium"),
        ("git+http://example.com/a.git@" + "a" * 40, "DEP-PLAIN-HTTP", "high"),
        ("git+ssh://git@example.com/a.git", "DEP-GIT", "low"),
        ("a @ https://example.com/a-1.0.zip", "DEP-URL", "low"),
    ],
)
def test_a_requirements_file_is_judged_line_by_line(line: str, rule: str, severity: str) -> None:
    (found,) = findings(line, path="requirements.txt")
    assert (found.rule.id, found.severity) == (rule, severity)


def test_addresses_are_shown_without_what_may_be_secret() -> None:
    secret = "s3cr" + "etPassw0rd"
    said = scan(f"!pip install -i http://me:{secret}@packages.example.com/simple?t={secret} a==1",
                f"!pip install git+https://{secret}@example.com/o/a.git")  # fmt: skip
    assert secret not in repr(said)


def test_a_project_with_ranges_is_no_finding() -> None:
    assert findings('[project]\ndependencies = ["numpy>=1.20", "pandas"]', path="pyproject.toml") == []


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("reqeusts", "requests"), ("requestss", "requests"), ("tensorfow", "tensorflow"), ("panads", "pandas"),
        ("numpyy", "numpy"), ("jeIlyfish", "jellyfish"), ("numpi", "numpy"), ("dajngo", "django"), ("scikitlearn", "scikit-learn"), ("matplotl1b", "matplotlib"), ("beautifulsoup5", None),
        ("pandas", None), ("Pandas", None), ("torchvision", None), ("numpyro", None), ("tensorflow-io", None),
        ("mypackage", None), ("dask", None), ("gsutil", None), ("keras2", None), ("psycopg3", None), ("nose2", None),
    ],
)  # fmt: skip
def test_imitations_are_told_from_names_of_their_own(name: str, like: str | None) -> None:
    assert imitated(name) == like


def test_no_known_name_imitates_another() -> None:
    assert [name for name in known() if imitated(name)] == []


def test_an_imitation_beside_the_real_one_is_found_all_the_same() -> None:
    assert "DEP-TYPOSQUAT" in rules(scan("requests==2.32.0", "reqeusts==2.0", path="requirements.txt"))


def test_licences_are_judged_by_the_users_policy() -> None:
    lock = '{"packages": {"node_modules/a": {"version": "1.0.0", "license": "%s", "integrity": "sha512-x"}}}'

    def found(licence: str, **options: object) -> set[str]:
        return rules(scan(lock % licence, path="package-lock.json", **options))

    assert found("AGPL-3.0-only") == set()
    assert found("AGPL-3.0-only", **{"deny-licences": ["AGPL-*"]}) == {"DEP-LICENCE"}
    assert found("(MIT OR AGPL-3.0-only)", **{"deny-licences": ["AGPL-*"]}) == set()
    assert found("MIT AND AGPL-3.0-only", **{"deny-licences": ["AGPL-*"]}) == {"DEP-LICENCE"}
    assert found("MIT", **{"allow-licences": ["Apache-2.0"]}) == {"DEP-LICENCE"}


@pytest.mark.parametrize("options", [{"denylicences": []}, {"deny-licences": "AGPL"}])
def test_a_mistake_in_the_options_is_said(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="dependencies"):
        scan("x", **options)


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("!pip config set global.trusted-host packages.example.com", "DEP-UNVERIFIED"),
        ("!npm config set strict-ssl false", "DEP-UNVERIFIED"),
        ("!npm config set strict-ssl=false", "DEP-UNVERIFIED"),
        ("!conda install --insecure a=1", "DEP-UNVERIFIED"),
        ("!conda install -c http://packages.example.com/channel a=1", "DEP-PLAIN-HTTP"),
        ("!npm i --registry http://packages.example.com a@1.0.0", "DEP-PLAIN-HTTP"),
        ("!pip install -ihttp://packages.example.com/simple a==1", "DEP-PLAIN-HTTP"),
        ("!pip --isolated install --find-links=http://packages.example.com a==1", "DEP-PLAIN-HTTP"),
        ("!pip install --extra-index-url $INDEX a==1", "DEP-EXTRA-INDEX"),
        ("!pip install --trusted-host https://packages.example.com/simple a==1", "DEP-TRUSTED-HOST"),
        ("!pip install git@example.com:o/a.git", "DEP-GIT"),
        ("!pip install svn+http://[broken/a", "DEP-PLAIN-HTTP"),
    ],
)
def test_sources_are_judged_in_every_spelling(cell: str, rule: str) -> None:
    assert rule in rules(scan(cell))


@pytest.mark.parametrize(
    "cell",
    [
        "!npm config set registry https://packages.example.com",
        "!conda config --add channels conda-forge",
        "!pip install --trusted-host localhost a==1",
        "!pip install file:///srv/wheels/a-1.0-py3-none-any.whl",
        "!conda install environment.yml",
        "!pip install -i 'https://[broken' a==1",
    ],
)
def test_what_weakens_nothing_is_no_finding(cell: str) -> None:
    assert rules(scan(cell)) == set()


def test_a_file_on_this_machine_is_told_with_the_version_in_its_name() -> None:
    said = scan("!pip install file:///srv/wheels/a-1.0-py3-none-any.whl", "!pip install ./b-2.0.tar.gz sub/dir")
    assert packages(said) == {"a==1.0", "b==2.0"}


def test_what_its_makers_gave_up_is_told_with_what_took_its_place() -> None:
    found = scan("pycrypto==2.6.1\nNose==1.3.7\npytest==8.0\n", path="requirements.txt")
    said = {one.message for one in found if isinstance(one, Finding) and one.rule.id == "DEP-DEPRECATED"}
    assert said == {"pycrypto was given up for pycryptodome", "Nose was given up for pytest"}
