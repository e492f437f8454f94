package mlsec.gate_test

import rego.v1

import data.mlsec.gate

digest := "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

image := sprintf("registry.example.com/team/serve@sha256:%s", [digest])

config := {
	"approved_registries": ["registry.example.com"],
	"production_data_sources": ["s3://approved-data/"],
	"production_namespaces": ["prod"],
	"waivers": [],
}

good := {
	"now_ns": 1767225600000000000,
	"workload": {
		"metadata": {"namespace": "prod"},
		"spec": {"template": {"spec": {"containers": [{"name": "serve", "image": image}]}}},
	},
	"model": {"path": "model.safetensors", "sha256": digest, "training_stage": "train"},
	"evidence": {"attestations": [{
		"gate": "ci", "result": "PASSED", "checks": ["models"], "subjects": [digest],
	}]},
	"dvc": {
		"lock": {"stages": {"train": {"deps": [{"path": "data/train.csv", "md5": "aa"}, {"path": "train.py", "md5": "bb"}]}}},
		"files": {"data/train.csv": {"md5": "aa", "remote": "s3://approved-data/train.csv"}},
	},
	"trivy": {"ArtifactName": image, "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "p", "Severity": "LOW"}]}]},
}

changed(patches) := json.patch(good, patches)

ids(document) := found if {
	found := {denial.id | some denial in gate.deny} with input as document with data.mlsec.config as config
}

test_all_good_is_allowed if {
	gate.verdict.allow with input as good with data.mlsec.config as config
	gate.verdict.deny == set() with input as good with data.mlsec.config as config
}

test_nothing_known_is_denied if {
	not gate.allow with input as {} with data.mlsec.config as config
	count(gate.deny) >= 5 with input as {} with data.mlsec.config as config
}

test_no_configuration_is_denied if {
	not gate.allow with input as good with data.mlsec.config as {}
}

test_no_clock_is_denied if "DEPLOY-NO-CLOCK" in ids(object.remove(good, ["now_ns"]))

test_a_label_is_a_claim if {
	document := changed([
		{"op": "remove", "path": "/evidence/attestations/0"},
		{"op": "add", "path": "/workload/metadata/labels", "value": {"model-scan-status": "clean"}},
	])
	ids(document) == {"DEPLOY-MODEL-NOT-SCANNED"}
	some denial in gate.deny with input as document with data.mlsec.config as config
	contains(denial.msg, "claim")
}

test_a_verdict_about_another_model_does_not_count if {
	other := [{"op": "replace", "path": "/evidence/attestations/0/subjects", "value": ["00"]}]
	ids(changed(other)) == {"DEPLOY-MODEL-NOT-SCANNED"}
}

test_a_failed_verdict_does_not_count if {
	failed := [{"op": "replace", "path": "/evidence/attestations/0/result", "value": "FAILED"}]
	ids(changed(failed)) == {"DEPLOY-MODEL-NOT-SCANNED"}
}

test_a_verdict_without_the_models_check_does_not_count if {
	other := [{"op": "replace", "path": "/evidence/attestations/0/checks", "value": ["secrets"]}]
	ids(changed(other)) == {"DEPLOY-MODEL-NOT-SCANNED"}
}

test_an_unsigned_scan_counts_only_where_it_is_said if {
	document := changed([
		{"op": "remove", "path": "/evidence/attestations/0"},
		{"op": "add", "path": "/evidence/model_scan", "value": [{"sha256": digest, "verdict": "pass"}]},
	])
	ids(document) == {"DEPLOY-MODEL-NOT-SCANNED"}
	gate.allow with input as document with data.mlsec.config as object.union(config, {"unsigned_scans": true})
}

test_a_scan_that_failed_denies if {
	bad := [{"op": "add", "path": "/evidence/model_scan", "value": [{"sha256": digest, "verdict": "fail"}]}]
	ids(changed(bad)) == {"DEPLOY-MODEL-UNSAFE"}
}

test_a_registry_is_no_prefix_of_another_host if {
	evil := sprintf("registry.example.com.evil.io/serve@sha256:%s", [digest])
	patches := [
		{"op": "replace", "path": "/workload/spec/template/spec/containers/0/image", "value": evil},
		{"op": "replace", "path": "/trivy/ArtifactName", "value": evil},
	]
	ids(changed(patches)) == {"DEPLOY-IMAGE-REGISTRY"}
}

test_init_containers_count if {
	extra := [{"op": "add", "path": "/workload/spec/template/spec/initContainers", "value": [{"image": "docker.io/x:1"}]}]
	ids(changed(extra)) == {"DEPLOY-IMAGE-REGISTRY", "DEPLOY-IMAGE-MUTABLE", "DEPLOY-VULNERABILITIES-UNKNOWN"}
}

test_a_container_without_image if {
	extra := [{"op": "add", "path": "/workload/spec/template/spec/initContainers", "value": [{"name": "x"}]}]
	ids(changed(extra)) == {"DEPLOY-IMAGE-UNKNOWN"}
}

test_a_base_image_of_the_dockerfile_counts if {
	extra := [{"op": "add", "path": "/dockerfile", "value": {"from": ["python:3.12", "scratch", "build"], "stages": ["build"]}}]
	ids(changed(extra)) == {"DEPLOY-IMAGE-REGISTRY"}
}

test_data_from_elsewhere_is_denied if {
	elsewhere := [{"op": "replace", "path": "/dvc/files/data~1train.csv/remote", "value": "s3://approved-data-evil/x"}]
	ids(changed(elsewhere)) == {"DEPLOY-DATA-SOURCE"}
}

test_data_that_changed_is_denied if {
	other := [{"op": "replace", "path": "/dvc/files/data~1train.csv/md5", "value": "cc"}]
	ids(changed(other)) == {"DEPLOY-DATA-SOURCE"}
}

test_a_path_that_climbs_out_is_denied if {
	climbing := [{"op": "replace", "path": "/dvc/files/data~1train.csv/remote", "value": "s3://approved-data/../x"}]
	ids(changed(climbing)) == {"DEPLOY-DATA-SOURCE"}
}

test_data_hidden_behind_a_name_of_code_is_data if {
	document := changed([
		{"op": "replace", "path": "/dvc/lock/stages/train/deps/0/path", "value": "data/train.json"},
		{"op": "add", "path": "/dvc/files/data~1train.json", "value": {"md5": "aa", "remote": "s3://elsewhere/x"}},
	])
	ids(document) == {"DEPLOY-DATA-SOURCE"}
}

test_no_lock_file_is_denied if ids(object.remove(good, ["dvc"])) == {"DEPLOY-DATA-UNKNOWN"}

test_outside_of_production_data_is_free if {
	elsewhere := changed([
		{"op": "replace", "path": "/workload/metadata/namespace", "value": "dev"},
		{"op": "remove", "path": "/dvc"},
	])
	ids(elsewhere) == set()
}

test_an_unknown_namespace_is_production if {
	elsewhere := changed([{"op": "remove", "path": "/workload/metadata/namespace"}, {"op": "remove", "path": "/dvc"}])
	ids(elsewhere) == {"DEPLOY-DATA-UNKNOWN"}
}

critical := [{"op": "replace", "path": "/trivy/Results/0/Vulnerabilities/0/Severity", "value": "CRITICAL"}]

test_a_critical_vulnerability_is_denied if ids(changed(critical)) == {"CVE-1"}

test_no_report_is_denied if ids(object.remove(good, ["trivy"])) == {"DEPLOY-VULNERABILITIES-UNKNOWN"}

test_a_report_without_results_is_denied if {
	ids(changed([{"op": "remove", "path": "/trivy/Results"}])) == {"DEPLOY-VULNERABILITIES-UNKNOWN"}
}

test_a_report_about_another_image_is_denied if {
	other := [{"op": "replace", "path": "/trivy/ArtifactName", "value": "other"}]
	ids(changed(other)) == {"DEPLOY-VULNERABILITIES-UNKNOWN"}
}

test_a_vulnerability_without_severity_is_denied if {
	ids(changed([{"op": "remove", "path": "/trivy/Results/0/Vulnerabilities/0/Severity"}])) == {"DEPLOY-VULNERABILITY-UNGRADED"}
}

waived(until, reason) := object.union(config, {"waivers": [{"id": "CVE-1", "expires": until, "reason": reason}]})

test_a_waiver_holds_until_it_ends if {
	gate.allow with input as changed(critical) with data.mlsec.config as waived("2026-06-30", "no fix yet")
	gate.allow with input as changed(critical) with data.mlsec.config as waived("2026-01-01T00:00:01Z", "no fix yet")
}

test_a_waiver_that_ended_counts_for_nothing if {
	not gate.allow with input as changed(critical) with data.mlsec.config as waived("2025-12-31", "no fix yet")
	some warning in gate.warn with input as good with data.mlsec.config as waived("2025-12-31", "no fix yet")
	warning.id == "DEPLOY-WAIVER-ENDED"
}

test_a_waiver_needs_a_date_and_a_reason if {
	not gate.allow with input as changed(critical) with data.mlsec.config as waived("soon", "no fix yet")
	not gate.allow with input as changed(critical) with data.mlsec.config as waived("2026-06-30", " ")
	endless := object.union(config, {"waivers": [{"id": "CVE-1", "reason": "no fix yet"}]})
	not gate.allow with input as changed(critical) with data.mlsec.config as endless
}

test_a_warning_stops_nothing if {
	high := [{"op": "replace", "path": "/trivy/Results/0/Vulnerabilities/0/Severity", "value": "HIGH"}]
	gate.allow with input as changed(high) with data.mlsec.config as config
	count(gate.warn) == 1 with input as changed(high) with data.mlsec.config as config
}

test_one_report_for_each_image if {
	other := sprintf("registry.example.com/team/proxy@sha256:%s", [digest])
	two := changed([
		{"op": "add", "path": "/workload/spec/template/spec/containers/-", "value": {"image": other}},
		{"op": "replace", "path": "/trivy/ArtifactName", "value": other},
		{"op": "add", "path": "/trivy_reports", "value": [{
			"ArtifactName": "serve", "Metadata": {"RepoDigests": [image]}, "Results": [],
		}]},
	])
	ids(two) == set()
	ids(object.remove(two, ["trivy_reports"])) == {"DEPLOY-VULNERABILITIES-UNKNOWN"}
}

test_a_model_without_digest_is_denied if {
	ids(changed([{"op": "remove", "path": "/model/sha256"}])) == {"DEPLOY-MODEL-UNKNOWN"}
	ids(changed([{"op": "replace", "path": "/model/sha256", "value": "latest"}])) == {"DEPLOY-MODEL-UNKNOWN"}
}

test_a_stage_that_reads_nothing_is_denied if {
	ids(changed([{"op": "replace", "path": "/dvc/lock/stages/train/deps", "value": [{"path": "train.py"}]}])) == {"DEPLOY-DATA-UNKNOWN"}
}

test_what_runs_in_jobs_and_predictors_counts if {
	every spec in {
		"job": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"image": "docker.io/x:1"}]}}}}},
		"predictor": {"predictor": {"containers": [{"image": "docker.io/x:1"}]}},
		"pod": {"containers": [{"image": "docker.io/x:1"}]},
	} {
		"DEPLOY-IMAGE-REGISTRY" in ids(changed([{"op": "replace", "path": "/workload/spec", "value": spec}]))
	}
}

test_every_workload_counts if {
	second := {"metadata": {"namespace": "dev"}, "spec": {"containers": [{"image": "docker.io/x:1"}]}}
	both := changed([{"op": "replace", "path": "/workload", "value": [good.workload, second]}])
	"DEPLOY-IMAGE-REGISTRY" in ids(both)
	"DEPLOY-IMAGE-REGISTRY" in ids(changed([{"op": "add", "path": "/workloads", "value": [second]}]))
}

test_a_workload_without_containers_is_denied if {
	"DEPLOY-IMAGE-UNKNOWN" in ids(changed([{"op": "replace", "path": "/workload/spec", "value": {}}]))
	document := changed([
		{"op": "replace", "path": "/workload/spec", "value": {}},
		{"op": "add", "path": "/dockerfile", "value": {"from": [image]}},
	])
	"DEPLOY-IMAGE-UNKNOWN" in ids(document)
}

test_a_reference_that_was_cut_is_denied if {
	cut := [{"op": "add", "path": "/dockerfile", "value": {"from": ["registry.example.com/python@sha256:00"]}}]
	ids(changed(cut)) == {"DEPLOY-IMAGE-UNKNOWN"}
}
