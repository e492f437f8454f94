# METADATA
# title: What the deploy policies share
# description: |
#   The configuration is `data.mlsec.config`. Whatever is missing from it or from the input makes a policy stricter:
#   no list of production namespaces means that everything is production, a waiver without an end date is none.
package mlsec.lib

import rego.v1

# METADATA
# title: Everything is production, but what is said to be something else
default production := true

production := false if {
	count(data.mlsec.config.production_namespaces) > 0
	not input.workload.metadata.namespace in data.mlsec.config.production_namespaces
	is_string(input.workload.metadata.namespace)
}

# METADATA
# title: A finding that somebody answered for, until a day that has not passed
waived(id) if {
	some waiver in data.mlsec.config.waivers
	waiver.id == id
	in_force(waiver)
}

in_force(waiver) if {
	count(trim_space(waiver.reason)) > 0
	regex.match(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2}))?$`, waiver.expires)
	time.parse_rfc3339_ns(end_of(waiver.expires)) > input.now_ns
}

# A day ends when it ends everywhere in UTC.
end_of(text) := sprintf("%sT23:59:59Z", [text]) if {
	regex.match(`^\d{4}-\d{2}-\d{2}$`, text)
} else := text

# METADATA
# title: The pod that a workload runs, whatever its kind wraps it in
pod_spec := spec if {
	spec := input.workload.spec
	spec.containers
} else := input.workload.spec.template.spec if {
	input.workload.spec.template.spec.containers
} else := input.workload.spec.jobTemplate.spec.template.spec if {
	input.workload.spec.jobTemplate.spec.template.spec.containers
} else := input.workload.spec.predictor if {
	input.workload.spec.predictor.containers
}

images contains container.image if {
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some container in pod_spec[kind]
}

# A container whose image is not said.
unnamed contains name if {
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some number, container in pod_spec[kind]
	not container.image
	name := object.get(container, "name", sprintf("%s %d", [kind, number + 1]))
}

# METADATA
# title: The models that are deployed
models contains input.model

models contains model if some model in input.models

# METADATA
# title: Whether a text lies below a prefix; "registry.example" is no prefix of "registry.example.evil/x"
below(text, prefix) if {
	count(trim_right(prefix, "/")) > 0
	startswith(text, concat("", [trim_right(prefix, "/"), "/"]))
}

sha256(text) if regex.match(`^[0-9a-f]{64}$`, text)
