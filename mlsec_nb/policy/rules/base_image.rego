# METADATA
# title: Every image comes from an approved registry and is pinned
package mlsec.deploy.base_image

import rego.v1

import data.mlsec.lib

images := lib.images | {image |
	some image in input.dockerfile.from
	image != "scratch"
	not image in object.get(input.dockerfile, "stages", [])
}

approved(image) if {
	some registry in data.mlsec.config.approved_registries
	lib.below(image, registry)
}

pinned(image) if regex.match(`@sha256:[0-9a-f]{64}$`, image)

deny contains {"id": "DEPLOY-IMAGE-UNKNOWN", "severity": "high", "msg": msg, "path": "workload"} if {
	count(images) == 0
	msg := "no image is named: give the workload or the Dockerfile"
}

deny contains {"id": "DEPLOY-IMAGE-UNKNOWN", "severity": "high", "msg": msg, "path": "workload"} if {
	count(lib.workloads) > 0
	count(lib.containers) == 0
	msg := "none of the workloads names a container"
}

# "@" begins a digest: whatever else follows is a reference that was cut or mistyped.
deny contains {"id": "DEPLOY-IMAGE-UNKNOWN", "severity": "high", "msg": msg, "path": image} if {
	some image in images
	contains(image, "@")
	not pinned(image)
	msg := sprintf("image %s is no valid reference", [image])
}

deny contains {"id": "DEPLOY-IMAGE-UNKNOWN", "severity": "high", "msg": msg, "path": name} if {
	some name in lib.unnamed
	msg := sprintf("container %s does not say its image", [name])
}

deny contains {"id": "DEPLOY-IMAGE-REGISTRY", "severity": "high", "msg": msg, "path": image} if {
	some image in images
	not approved(image)
	not lib.waived(image)
	msg := sprintf("image %s does not come from an approved registry", [image])
}

deny contains {"id": "DEPLOY-IMAGE-MUTABLE", "severity": "medium", "msg": msg, "path": image} if {
	lib.production
	some image in lib.images
	not pinned(image)
	not lib.waived(image)
	msg := sprintf("image %s is not pinned by digest", [image])
}

warn contains {"id": "DEPLOY-IMAGE-MUTABLE", "severity": "low", "msg": msg, "path": image} if {
	some image in images - lib.images
	not pinned(image)
	msg := sprintf("base image %s is not pinned by digest", [image])
}
