"""A rich report for tests: every field used at least once, every status, every severity; made-up keys only."""

from mlsec_nb.core import (
    Audited,
    Component,
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Gap,
    Judged,
    Location,
    Related,
    Report,
    Rule,
    Severity,
    Status,
    Verdict,
)  # fmt: skip

KEY = b"a key for tests"
TOKEN = "hf_" + "Q" * 17 + "w7" * 8 + "x"
AWS = "AKIA" + "Z4KPXQ7WMNB2TYCR"
PASSWORD = "correct-horse-" + "battery-9"
SECRETS = (TOKEN, AWS, PASSWORD)
NOTEBOOK = "notebooks/train.ipynb"

HUGGINGFACE = Rule(
    id="SECRET-HUGGINGFACE",
    title="A Hugging Face token stands in the clear",
    severity=Severity.CRITICAL,
    why="Whoever reads the notebook can act as its owner: read private models, push poisoned ones.",
    fix="Revoke the token in the account's settings, then read it from the environment. Clear the output too.",
    references=("CWE-798", "LLM02:2025", "https://huggingface.co/docs/hub/security-tokens"),
    bad=(f'token = "{TOKEN}"',),
    good=('token = os.environ["HF_TOKEN"]',),
)
AWS_KEY = Rule(
    id="SECRET-AWS-ACCESS-KEY",
    title="An AWS access key stands in the clear",
    severity=Severity.HIGH,
    why="It opens an account.",
    fix="Deactivate the key, then use a role.",
    references=("CWE-798",),
)
TORCH = Rule(
    id="LOAD-TORCH",
    title="torch.load runs what the file says",
    severity=Severity.HIGH,
    why="A checkpoint is a pickle: loading it executes any code its author put there.",
    fix="Pass weights_only=True, or keep the weights as safetensors.",
    references=("CWE-502", "ML06:2023", "AML.T0010"),
)
UNPINNED = Rule(
    id="DEP-UNPINNED",
    title="A requirement names no version",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    why="What is installed tomorrow is not what was tested today.",
    fix="Pin it: name==version.",
    references=("CWE-1357",),
)
DRIFT = Rule(
    id="DATA-DRIFT",
    title="A column no longer looks like the profile",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    why="The model was trained on something else.",
    fix="Look at the column, then update the profile.",
)
NOTE = Rule(id="MODEL-UNSIGNED", title="The model carries no signature", severity=Severity.INFO)
RULES = {rule.id: rule for rule in (AWS_KEY, DRIFT, HUGGINGFACE, NOTE, TORCH, UNPINNED)}


def _cell(number: int, part: str, line: int, column: int, width: int, raw_line: int) -> Location:
    return Location(
        path=NOTEBOOK, cell=number, cell_id=f"c0ffee0{number}", part=part, line=line, column=column, end_line=line,
        end_column=column + width, raw_line=raw_line, raw_column=column + 9,
    )  # fmt: skip


def findings() -> tuple[Judged, ...]:
    source = _cell(3, "source", 2, 10, 37, 41)
    output = _cell(5, "output 2 text/html", 3, 7, 37, 88)
    load = _cell(7, "source", 1, 9, 22, 120)
    requirement = Location(
        path="requirements.txt", line=4, column=1, end_line=4, end_column=7, raw_line=4, raw_column=1
    )
    return (
        Judged(Finding(
            rule=HUGGINGFACE, scanner="secrets", location=source, evidence=Evidence.secret(TOKEN, KEY, 3),
            fixes=(Fix(title="Read HF_TOKEN from the environment", edits=(Edit(source, 'os.environ["HF_TOKEN"]'),)),),
            related=(Related(output, "the same token is printed here"),),
        )),
        Judged(Finding(
            rule=HUGGINGFACE, scanner="secrets", location=output, evidence=Evidence.secret(TOKEN, KEY, 3),
            message="A Hugging Face token stands in an output", severity=Severity.HIGH,
            fixes=(Fix(title="Clear the output", action="clear-output", edits=(Edit(output, ""),)),),
        )),
        Judged(Finding(
            rule=TORCH, scanner="code", location=load, evidence=Evidence.excerpt('model = torch.load("resnet.pt")', KEY),
            details={"calls": [
                {"name": "posix.system", "arguments": ["…(12 characters)"], "calls": [{"name": "builtins.eval"}]},
                {"name": "torch._utils._rebuild_tensor_v2", "count": 122},
            ], "fraction": 0.25, "table": [{"column": "age", "then": 41.2, "now": 57.9},
                                           {"column": "income", "then": None, "now": True}]},
        )),
        Judged(Finding(
            rule=UNPINNED, scanner="dependencies", location=requirement, evidence=Evidence.fact("pandas"),
            fixes=(Fix(title="Pin pandas to the version that is installed",
                       edits=(Edit(requirement, "pandas==2.2.3"),)),),
        )),
        Judged(Finding(
            rule=DRIFT, scanner="data", location=Location(path="data/train.parquet", member="part-0", part="column age"),
            evidence=Evidence.fact("PSI 0.41"),
        ), Status.NEW),
        Judged(Finding(
            rule=NOTE, scanner="models", location=Location(path="models/resnet.pt"), evidence=Evidence.fact(""),
        ), Status.NEW),
        Judged(Finding(
            rule=AWS_KEY, scanner="secrets", location=Location(
                path="image.tar", layer="sha256:4bcf", member="root/.aws/credentials", line=2, column=21, raw_line=2,
                raw_column=21),
            evidence=Evidence.secret(AWS, KEY, 4),
        ), Status.KNOWN, "stands in the baseline: moves to the vault in June"),
        Judged(Finding(
            rule=AWS_KEY, scanner="secrets", location=_cell(9, "source", 1, 5, 20, 160),
            evidence=Evidence.secret(AWS[::-1], KEY), confidence=Confidence.MEDIUM,
        ), Status.SUPPRESSED, "mlsec: ignore on line 1: a documented example key"),
    )  # fmt: skip


GAPS = (
    Gap(location=Location(path="models/big.bin"), scanner="models", reason="9.1 GB, the limit is 8 GB", code="too-big"),
    Gap(location=Location(path=NOTEBOOK, cell=11, part="output 1 image/png"), scanner="notebooks",
        reason="pixels are not read", code="skipped"),
    Gap(location=Location(path="data/old.zip", member="inner.7z"), scanner="archives", reason="it is encrypted",
        code="encrypted"),
    Gap(location=Location(path="data/new.zip", member="inner.7z"), scanner="archives", reason="it is encrypted",
        code="encrypted"),
)  # fmt: skip
COMPONENTS = (
    Component(name="pandas", kind="package", version="2.2.3", purl="pkg:pypi/pandas@2.2.3",
              location=Location(path="requirements.txt", line=4), properties={"licence": "BSD-3-Clause"}),
    Component(name="resnet", kind="model", location=Location(path="models/resnet.pt"),
              properties={"format": "torch zip", "sha256": "9f86d081"}),
)  # fmt: skip


def report() -> Report:
    return Report(
        findings=findings(),
        gaps=GAPS,
        components=COMPONENTS,
        artifacts=(
            Audited("data/train.parquet", "data", 1_204_224),
            Audited("image.tar", "image", 7_340_032),
            Audited("models/resnet.pt", "model", 46_830_571),
            Audited(NOTEBOOK, "notebook", 48_128),
            Audited("requirements.txt", "manifest", 112),
        ),
        verdict=Verdict(
            False,
            (
                "4 new findings at or above medium: 1 critical, 2 high, 1 medium",
                "2 parts not looked at (encrypted), first: data/old.zip › inner.7z: it is encrypted",
            ),
        ),
        targets=(".",),
        rules=RULES,
        version="1.0.0",
        rules_digest="5d41402abc4b2a76",
    )


# What strangers write into file names, messages and evidence.
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; --><!--",
    "\u202egnp.exe\u2066",
    "line one\nline two\r::error::forged\n::set-env name=PATH::x",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "| a | b |\n|---|---|\n[x](javascript:alert(1)) <b>**bold**</b> `tick`",
    "]]>&amp;&#x0;<![CDATA[",
    "\ud800 lone \udfff",
    "\x00\x08\x7f\x9b31m",
    "%0A%25 100%",
    "\u2028\u2029\ufeff\u200b",
    "{{constructor}} ${7*7} #{x}",
    "",
    "表" * 200,
)  # fmt: skip


def hostile(text: str) -> Report:
    """A report in which every string that a stranger can choose is `text`."""
    place = Location(path=text, member=text, layer=text, cell=1, cell_id=text, part=text, line=1, column=1, end_line=1,
                     end_column=2, raw_line=1, raw_column=1)  # fmt: skip
    rule = Rule(
        id="CODE-SHELL-TRUE", title=text, severity=Severity.HIGH, why=text, fix=text, references=(text, "CWE-78")
    )
    finding = Finding(
        rule=rule, scanner="code", location=place, evidence=Evidence(text, "00"), message=text,
        fixes=(Fix(title=text, edits=(Edit(place, text),)),), related=(Related(place, text),),
        details={text: [text, {text: text}], "n": 1},
    )  # fmt: skip
    return Report(
        findings=tuple(Judged(finding, status, text) for status in Status),
        gaps=(Gap(location=place, scanner=text, reason=text, code=text),),
        components=(Component(name=text, kind=text, location=place, version=text, purl=text, properties={text: text}),),
        artifacts=(Audited(text, text, 1),),
        verdict=Verdict(False, (text,)),
        targets=(text,),
        rules={rule.id: rule},
        version=text,
        rules_digest=text,
    )
