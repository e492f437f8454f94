"""Findings stand where the reader looks for them, and fixes change what they say and nothing else."""

import pytest

from mlsec_nb.core import Kind, Severity
from mlsec_nb.scanners.infrastructure.dockerfile import instructions
from mlsec_nb.scanners.yaml_tree import documents, without_holes

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


def test_a_user_is_put_before_the_command(audit):
    text = 'FROM python:3.12\nRUN pip install x==1\nENTRYPOINT ["x"]\nCMD ["y"]\n'
    found = one(audit(text), "IAC-DOCKER-NO-USER")
    assert mended(text, found.fixes[0]) == text.replace("ENTRYPOINT", "USER 1000\nENTRYPOINT")
    assert not one(audit("FROM python:3.12\nRUN x\n"), "IAC-DOCKER-NO-USER").fixes


def test_who_runs_a_stage_that_is_built_on_another(audit):
    text = "FROM python:3.12 AS base\nUSER root\nFROM base AS app\nRUN x\n"
    assert one(audit(text), "IAC-DOCKER-ROOT").location.line == 2
    assert audit("FROM a:1 AS b\nUSER 1\nFROM b\n") == []
    assert audit("FROM quay.io/jupyter/base-notebook:1\n") == []


@pytest.mark.parametrize("text", [
    "FROM ${X:-python:3.12}\nUSER 1\n", "ARG X=python:3.12\nFROM $X\nUSER 1\n", "FROM --platform=$P python@sha256:" + "0" * 64 + "\nUSER 1\n",
])  # fmt: skip
def test_images_with_a_version_are_quiet(audit, text):
    assert audit(text) == []


def test_commands_behind_a_shell_in_a_pod_are_read(audit):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: c\n      image: x:1\n      command: [sh, -c]\n      args: ['pip install --trusted-host h x']\n"
    assert one(audit(text), "IAC-PIP-TRUSTED-HOST").location.line == 9


def test_lists_of_objects_and_models_are_read(audit):
    text = (
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: serving.kserve.io/v1beta1\n    kind: InferenceService\n    metadata: {name: m}\n    spec:\n"
        "      predictor:\n        model:\n          storageUri: http://models.example.com/m.bin\n"
    )
    assert one(audit(text), "IAC-K8S-MODEL-HTTP").location.line == 10
    assert audit(text.replace("models.example.com", "minio.kubeflow.svc:9000")) == []


@pytest.mark.parametrize(("kind", "port", "words", "found"), [
    ("NodePort", 8265, "", True), ("LoadBalancer", 5000, "mlflow", True), ("LoadBalancer", 5000, "shop", False), ("ClusterIP", 8888, "", False),
])  # fmt: skip
def test_control_planes_behind_services(audit, kind, port, words, found):
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec:\n  type: {kind}\n  selector: {{app: '{words}'}}\n  ports: [{{port: {port}}}]\n"
    assert bool(audit(text)) is found
    inner = text.replace("{name: s}", "{name: s, annotations: {x/aws-load-balancer-internal: 'true'}}")
    assert audit(inner) == []


def test_composite_actions_and_reusable_workflows_are_read(audit):
    text = "name: x\nruns:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.a }}\n      shell: bash\n    - uses: a/b@main\n"
    assert {item.rule.id for item in audit(text, "action.yml")} == {"IAC-ACTIONS-INPUT-INJECTION", "IAC-ACTIONS-BRANCH"}
    text = "on: pull_request\njobs:\n  a:\n    uses: a/b/.github/workflows/c.yml@main\n  b:\n    runs-on: [self-hosted]\n    steps: [text]\n"
    assert {item.rule.id for item in audit(text, ".github/workflows/a.yml")} == {
        "IAC-ACTIONS-BRANCH",
        "IAC-ACTIONS-SELF-HOSTED",
    }


def test_a_folded_script_is_shown_as_a_whole(audit):
    text = 'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "pip install\\\n          \\ --trusted-host h x"\n'
    assert one(audit(text), "IAC-PIP-TRUSTED-HOST").location.line == 6
    text = 'on: issues\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "echo \\"${{ github.event.issue.title }}\\""\n'
    assert one(audit(text), "IAC-ACTIONS-INJECTION").location.line == 6
