# METADATA
# title: The deploy gate's verdict
# description: |
#   Whatever a package below `mlsec.deploy` denies is denied; a team adds its own package there. Warnings never stop.
package mlsec.gate

import rego.v1

import data.mlsec.lib

default allow := false

allow if {
	count(deny) == 0
	clock
}

clock if is_number(input.now_ns)

deny contains denial if some denial in data.mlsec.deploy[_].deny

deny contains {"id": "DEPLOY-NO-CLOCK", "severity": "high", "msg": "the input does not say when it is", "path": "now_ns"} if {
	not clock
}

warn contains warning if some warning in data.mlsec.deploy[_].warn

warn contains {"id": "DEPLOY-WAIVER-ENDED", "severity": "low", "msg": msg, "path": "waivers"} if {
	some waiver in data.mlsec.config.waivers
	not lib.in_force(waiver)
	msg := sprintf("the waiver of %s is not in force: it has ended, or lacks a reason or a date", [waiver.id])
}

verdict := {"allow": allow, "deny": deny, "warn": warn}
