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
	count(workloads) > 0
	every workload in workloads {
		is_string(workload.metadata.namespace)
		not workload.metadata.namespace in data.mlsec.config.production_namespaces
	}
}

# METADATA
# title: What is deployed, one Kubernetes object or several
workloads contains input.workload if is_object(input.workload)

workloads contains workload if {
	is_array(input.workload)
	some workload in input.workload
}

workloads contains workload if some workload in input.workloads

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
pod_of(workload) := workload.spec if {
	workload.spec.containers
} else := workload.spec.template.spec if {
	workload.spec.template.spec.containers
} else := workload.spec.jobTemplate.spec.template.spec if {
	workload.spec.jobTemplate.spec.template.spec.containers
} else := workload.spec.predictor if {
	workload.spec.predictor.containers
}

containers contains {"name": name, "container": container} if {
	some workload in workloads
	pod := pod_of(workload)
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some number, container in pod[kind]
	name := object.get(container, "name", sprintf("%s %d", [kind, number + 1]))
}

images contains one.container.image if some one in containers

# A container whose image is not said.
unnamed contains one.name if {
	some one in containers
	not one.container.image
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
