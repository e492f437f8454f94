# METADATA
# title: Every model was scanned and found clean, for the very bytes that are deployed
package mlsec.deploy.model_scan

import rego.v1

import data.mlsec.lib

# A signed verdict of the gate that scans models, about this digest.
scanned(digest) if {
	some verdict in input.evidence.attestations
	verdict.gate in {"ci", "pre-commit"}
	verdict.result == "PASSED"
	"models" in verdict.checks
	digest in verdict.subjects
}

# Whoever builds the input vouches for it: only where the configuration says that this is enough.
scanned(digest) if {
	data.mlsec.config.unsigned_scans == true
	some scan in input.evidence.model_scan
	scan.sha256 == digest
	scan.verdict == "pass"
}

failed(digest) if {
	some scan in input.evidence.model_scan
	scan.sha256 == digest
	scan.verdict != "pass"
}

digest_of(model) := lower(trim_prefix(model.sha256, "sha256:"))

deny contains {"id": "DEPLOY-MODEL-UNKNOWN", "severity": "high", "msg": msg, "path": "model"} if {
	count(lib.models) == 0
	not data.mlsec.config.no_model == true
	msg := "no model is named: give the digest of what is deployed"
}

deny contains {"id": "DEPLOY-MODEL-UNKNOWN", "severity": "high", "msg": msg, "path": path} if {
	some model in lib.models
	not known(model)
	path := object.get(model, "path", "model")
	msg := sprintf("%s has no SHA-256 digest", [path])
}

known(model) if lib.sha256(digest_of(model))

deny contains {"id": "DEPLOY-MODEL-NOT-SCANNED", "severity": "critical", "msg": msg, "path": path} if {
	some model in lib.models
	known(model)
	digest := digest_of(model)
	not scanned(digest)
	path := object.get(model, "path", "model")
	msg := sprintf("no trusted verdict says that %s (sha256 %s…) was scanned and is clean%s", [
		path,
		substring(digest, 0, 12),
		claim,
	])
}

deny contains {"id": "DEPLOY-MODEL-UNSAFE", "severity": "critical", "msg": msg, "path": path} if {
	some model in lib.models
	failed(digest_of(model))
	path := object.get(model, "path", "model")
	msg := sprintf("%s was scanned and is not clean", [path])
}

default claim := ""

claim := "; the label model-scan-status is a claim, not a verdict" if {
	some workload in lib.workloads
	workload.metadata.labels["model-scan-status"]
}
