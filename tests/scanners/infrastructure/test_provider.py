"""Kubernetes objects that are written as Terraform are judged as what they are."""

import json

import pytest

from mlsec_nb.core import Finding, Kind
from tests.scanners.infrastructure.conftest import scanned

POD = """resource "kubernetes_deployment_v1" "serve" {
  metadata {
    name = "serve"
    labels = { run_as_user = 0 }
  }
  spec {
    template {
      spec {
        host_ipc = true
        volume {
          name = "v"
          host_path {
            path = "/etc"
          }
        }
        container {
          name    = "c"
          image   = "registry.example.com/serve@sha256:%s"
          command = ["jupyter", "lab", "--NotebookApp.token="]
          env {
            name  = "A"
            value = "b"
          }
          security_context {
            privileged                 = var.on
            run_as_user                = 1000
            read_only_root_filesystem  = true
            allow_privilege_escalation = false
            capabilities {
              add = ["SYS_ADMIN"]
            }
          }
          resources {
            limits = { memory = "1Gi" }
          }
        }
      }
    }
  }
}
variable "on" {
  default = true
}
""" % ("0" * 64)


def told(text, path="main.tf", kind=Kind.IAC):
    found = [item for item in scanned(text, path, kind) if isinstance(item, Finding)]
    return {item.rule.id: item for item in found if item.severity != "info"}


def test_blocks_become_the_object_that_they_make():
    found = told(POD)
    assert set(found) == {
        "IAC-K8S-HOST-NAMESPACE",
        "IAC-K8S-HOST-PATH",
        "IAC-K8S-PRIVILEGED",
        "IAC-K8S-CAPABILITIES",
        "IAC-JUPYTER-NO-LOGIN",
    }
    assert found["IAC-K8S-PRIVILEGED"].location.line == POD[: POD.index("var.on")].count("\n") + 1
    assert "c in kubernetes_deployment_v1.serve" in found["IAC-K8S-PRIVILEGED"].message


@pytest.mark.parametrize(("good", "bad", "rule"), [
    ("host_ipc = false", "host_ipc = true", "IAC-K8S-HOST-NAMESPACE"),
    ("host_pid = var.none", "host_pid = true", "IAC-K8S-HOST-NAMESPACE"),
    ('volume {\n name = "v"\n empty_dir {}\n }', 'volume {\n name = "v"\n host_path {\n path = "/"\n }\n }', "IAC-K8S-HOST-PATH"),
])  # fmt: skip
def test_pods_of_their_own(good, bad, rule):
    text = 'resource "kubernetes_pod" "p" {{\n spec {{\n  {}\n  container {{\n   name = "c"\n   image = "x:1"\n  }}\n }}\n}}\n'
    assert rule in told(text.format(bad))
    assert rule not in told(text.format(good))


@pytest.mark.parametrize("text", [
    ('resource "kubernetes_manifest" "m" {\n  manifest = {\n    apiVersion = "v1"\n    kind = "Pod"\n    metadata = { name = "p" }\n    spec = {\n'
    '      hostPID = true\n      containers = [{ name = "c", image = "x:1" }]\n    }\n  }\n}\n'),
    ('resource "kubectl_manifest" "m" {\n  yaml_body = <<YAML\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n'
    "  containers: [{name: c, image: 'x:1'}]\nYAML\n}\n"),
])  # fmt: skip
def test_manifests_inside_are_read(text):
    assert "IAC-K8S-HOST-NAMESPACE" in told(text)
    assert "IAC-K8S-HOST-NAMESPACE" not in told(text.replace("true", "false"))


def test_a_manifest_that_is_no_yaml_is_nothing():
    assert told('resource "kubectl_manifest" "m" {\n  yaml_body = "a: [kind: &x"\n}\n') == {}


def test_a_plan_has_them_too():
    pod = {"spec": [{"host_pid": True, "container": [{"name": "c", "image": "x:1"}]}], "metadata": [{"name": "p"}]}
    thing = {"address": "module.m.kubernetes_pod.p", "mode": "managed", "type": "kubernetes_pod", "values": pod}
    plan = {"terraform_version": "1.9", "planned_values": {"root_module": {"child_modules": [{"resources": [thing]}]}}}
    found = told(json.dumps(plan), "plan.json", Kind.TEXT)
    assert "module.m.kubernetes_pod.p" in found["IAC-K8S-HOST-NAMESPACE"].message


def test_bindings_and_roles():
    binding = (
        'resource "kubernetes_cluster_role_binding" "b" {\n  role_ref {\n    kind = "ClusterRole"\n    name = "cluster-admin"\n  }\n'
        '  subject {\n    kind = "User"\n    name = "a"\n  }\n  subject {\n    kind = "ServiceAccount"\n    name = "default"\n  }\n}\n'
    )
    assert told(binding)["IAC-K8S-OPEN-BINDING"].severity == "high"
    assert told(binding.replace("cluster-admin", "view"))["IAC-K8S-OPEN-BINDING"].severity == "low"
    assert "IAC-K8S-OPEN-BINDING" not in told(binding.replace('"default"', '"serving"'))
    role = 'resource "kubernetes_cluster_role" "r" {\n  rule {\n    api_groups = ["*"]\n    resources = ["*"]\n    verbs = ["*"]\n  }\n}\n'
    assert "IAC-K8S-WILDCARD-ROLE" in told(role)
    assert "IAC-K8S-WILDCARD-ROLE" not in told(role.replace('["*"]', '["x"]'))
