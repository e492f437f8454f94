# METADATA
# title: The image that is deployed has no critical vulnerability
# description: No report is not the same as no vulnerability, and neither is a report about another image.
package mlsec.deploy.vulnerabilities

import rego.v1

import data.mlsec.lib

# One report, or one for each image.
reports contains input.trivy if is_array(input.trivy.Results)

reports contains report if {
	some report in input.trivy_reports
	is_array(report.Results)
}

found contains vulnerability if {
	some report in reports
	some result in report.Results
	some vulnerability in result.Vulnerabilities
}

deny contains {"id": "DEPLOY-VULNERABILITIES-UNKNOWN", "severity": "high", "msg": msg, "path": "trivy"} if {
	count(reports) == 0
	msg := "there is no vulnerability report about the image"
}

deny contains {"id": "DEPLOY-VULNERABILITIES-UNKNOWN", "severity": "high", "msg": msg, "path": image} if {
	count(reports) > 0
	some image in lib.images
	not known(image)
	msg := sprintf("no vulnerability report is about image %s", [image])
}

known(image) if {
	some report in reports
	about(report, image)
}

about(report, image) if report.ArtifactName == image

about(report, image) if image in report.Metadata.RepoDigests

about(report, image) if {
	digest := regex.find_n(`sha256:[0-9a-f]{64}$`, image, 1)[0]
	some held in report.Metadata.RepoDigests
	endswith(held, digest)
}

deny contains {"id": id, "severity": "critical", "msg": msg, "path": package_name} if {
	some vulnerability in found
	upper(vulnerability.Severity) == "CRITICAL"
	id := object.get(vulnerability, "VulnerabilityID", "DEPLOY-VULNERABILITY-UNNAMED")
	not lib.waived(id)
	package_name := object.get(vulnerability, "PkgName", "unknown package")
	msg := sprintf("%s in %s %s is critical%s", [
		id, package_name, object.get(vulnerability, "InstalledVersion", ""), fixed(vulnerability),
	])
}

fixed(vulnerability) := sprintf("; fixed in %s", [vulnerability.FixedVersion]) if {
	count(vulnerability.FixedVersion) > 0
} else := ""

# A severity that is none is as bad as can be.
deny contains {"id": "DEPLOY-VULNERABILITY-UNGRADED", "severity": "high", "msg": msg, "path": "trivy"} if {
	some vulnerability in found
	not graded(vulnerability)
	msg := sprintf("%s has no severity", [object.get(vulnerability, "VulnerabilityID", "a vulnerability")])
}

graded(vulnerability) if upper(vulnerability.Severity) in {"CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"}

warn contains {"id": vulnerability.VulnerabilityID, "severity": "high", "msg": msg, "path": vulnerability.PkgName} if {
	some vulnerability in found
	upper(vulnerability.Severity) == "HIGH"
	msg := sprintf("%s in %s is high", [vulnerability.VulnerabilityID, vulnerability.PkgName])
}
