"""Findings stand where the reader looks for them, and fixes change what they say and nothing else."""

import pytest

from mlsec_nb.core import Kind, Severity
from mlsec_nb.scanners.infrastructure.dockerfile import instructions
from mlsec_nb.scanners.infrastructure.yaml_tree import documents, without_holes

POD = """# ü
apiVersion: v1
kind: Pod
metadata:
  name: trainer
spec:
  containers:
  - name: main
    image: registry.example/x:1
    securityContext:
      privileged: true
  - name: side
    image: registry.example/y:1
"""


def shown(text, finding):
    """What the reader sees at the place of a finding."""
    lines = text.split("\n")
    place = finding.location
    return lines[place.line - 1][place.column - 1 : place.end_column - 1 if place.end_line == place.line else None]


def mended(text, fix):
    lines = text.split("\n")
    for edit in fix.edits:
        place = edit.location
        start = sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
        end = sum(len(line) + 1 for line in lines[: place.end_line - 1]) + place.end_column - 1
        text = text[:start] + edit.replacement + text[end:]
    return text


def one(findings, rule):
    (found,) = [item for item in findings if item.rule.id == rule]
    return found


def test_a_value_is_shown_where_it_stands_and_named_after_its_container(audit):
    found = one(audit(POD), "IAC-K8S-PRIVILEGED")
    assert shown(POD, found) == "true"
    assert found.location.line == 11
    assert "main in Pod trainer" in found.message


def test_a_wrong_value_is_replaced_and_nothing_else(audit):
    (fix,) = one(audit(POD), "IAC-K8S-PRIVILEGED").fixes
    assert mended(POD, fix) == POD.replace("privileged: true", "privileged: false")


def test_a_missing_line_is_put_where_it_belongs(audit):
    findings = [item for item in audit(POD) if item.rule.id == "IAC-K8S-WRITABLE-ROOT"]
    main, side = (mended(POD, item.fixes[0]) for item in findings)
    assert documents(main)[0].find("spec.containers.securityContext.readOnlyRootFilesystem")[0].value is True
    assert "\n    securityContext:\n      readOnlyRootFilesystem: true\n      privileged: true\n" in main
    assert side.endswith(
        "  - securityContext:\n      readOnlyRootFilesystem: true\n    name: side\n    image: registry.example/y:1\n"
    )


def test_a_command_in_continued_lines_is_shown_where_it_stands(audit):
    text = "FROM python:3.12\nRUN apt-get update && \\\n    # why\n    curl -s https://example.com/x \\\n    | bash -s -- --yes\nUSER 1\n"
    found = one(audit(text), "IAC-CURL-SH")
    assert shown(text, found) == "bash -s -- --yes"
    assert found.location.line == 5


def test_a_command_in_a_step_is_shown_where_it_stands(audit):
    text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - name: é\n        run: |\n          echo\n\n          pip install --trusted-host h x\n"
    found = one(audit(text), "IAC-PIP-TRUSTED-HOST")
    assert shown(text, found) == "--trusted-host"
    text = text.replace("run: |", "run: >-")
    assert one(audit(text), "IAC-PIP-TRUSTED-HOST").location.line


def test_the_second_of_two_equal_expressions_is_found_at_its_own_place(audit):
    text = "on: issues\njobs:\n  a:\n    steps:\n      - run: |\n          echo ${{ github.event.issue.title }}\n          echo ${{ github.event.issue.title }}\n"
    assert [item.location.line for item in audit(text) if item.rule.id == "IAC-ACTIONS-INJECTION"] == [6, 7]


def test_json_with_tabs_is_read(audit):
    text = '{\n\t"apiVersion": "v1",\n\t"kind": "Pod",\n\t"spec": {"hostPID": true, "containers": [{"name": "a"}]}\n}'
    found = one(audit(text, "pod.json", Kind.TEXT), "IAC-K8S-HOST-NAMESPACE")
    assert shown(text, found) == "true"


@pytest.mark.parametrize("text", ["", "a: b", "- 1\n- 2", "services: 3", "services:\n  a: text", "apiVersion: [1]\nkind: {}", "jobs: x\non: y",
                                  "on: push\njobs:\n  a:\n    steps:\n      - text\n      - run: [1]", "apiVersion: v1\nkind: List\nitems: 3"])  # fmt: skip
@pytest.mark.parametrize("name", ["a.yaml", "compose.yaml", ".github/workflows/a.yml", "Dockerfile", "a.json"])
def test_odd_shapes_are_no_findings_and_no_crash(audit, text, name):
    assert [item for item in audit(text, name) if item.severity.at_least(Severity.MEDIUM)] == []


def test_an_alias_bomb_costs_nothing(audit):
    lines = ["apiVersion: v1", "kind: Pod", "a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert audit("\n".join(lines)) == []


def test_an_alias_to_itself_is_no_loop(audit):
    assert audit("apiVersion: v1\nkind: Pod\nspec: &s\n  containers: [*s]\n  s: *s\n") == []


def test_anchors_and_merge_keys_are_followed(audit):
    text = "x-base: &base\n  privileged: true\n  image: x:1\nservices:\n  a:\n    <<: *base\n"
    assert one(audit(text), "IAC-COMPOSE-PRIVILEGED").location.line == 2


def test_a_template_is_read_with_its_holes(audit):
    text = (
        "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-x\nspec:\n  hostPID: {{ .Values.pid }}\n  hostIPC: true\n"
        "  containers:\n    - name: a\n      image: {{ .Values.image }}\n{{- end }}\n"
    )
    found = audit(text, "chart/templates/pod.yaml", Kind.TEXT)
    assert one(found, "IAC-K8S-HOST-NAMESPACE").location.line == 8
    assert not [item for item in found if item.rule.id == "IAC-IMAGE-TAG"]
    assert len(without_holes(text)) == len(text)


def test_text_that_is_not_infrastructure_is_passed_over(audit):
    assert audit("{not: [yaml", "data.json", Kind.TEXT) == []


def test_instructions_of_every_form():
    text = (
        "# escape=`\nARG A=1\nFROM --platform=linux/amd64 x:1 AS b\nRUN a `\n # no\n\n  b\nRUN <<E\nx | y\nFROM no\nE\n"
        'onbuild CMD ["a", "b"]\nnonsense\n'
    )
    found = list(instructions(text))
    assert [item.name for item in found] == ["ARG", "FROM", "RUN", "RUN", "CMD", "NONSENSE"]
    assert found[1].flags == {"platform": "linux/amd64"}
    assert [word.text for word in found[4].words] == ["a", "b"]
    assert all(text[item.body] == item.text[0] for item in found if item.text)
