# METADATA
# title: The model was trained on data from approved sources
# description: |
#   DVC's lock file says which data a stage read and its hash; `input.dvc.files` says where each of them comes from.
#   Whatever a training stage reads is data, unless its name is that of code or parameters.
package mlsec.deploy.provenance

import rego.v1

import data.mlsec.lib

code_suffixes := {".py", ".ipynb", ".r", ".jl", ".sh", ".yaml", ".yml", ".toml", ".json", ".txt", ".md"}

stage := input.dvc.lock.stages[input.model.training_stage]

is_code(path) if {
	some suffix in code_suffixes
	endswith(lower(path), suffix)
	not path in object.keys(object.get(input.dvc, "files", {}))
}

hash_of(entry) := entry.md5 if {
	entry.md5
} else := entry.etag if {
	entry.etag
} else := entry.checksum

approved(dependency) if {
	file := input.dvc.files[dependency.path]
	hash_of(file) == hash_of(dependency)
	some source in data.mlsec.config.production_data_sources
	lib.below(file.remote, source)
	not regex.match(`(^|/)\.\.(/|$)`, file.remote)
}

deny contains {"id": "DEPLOY-DATA-UNKNOWN", "severity": "high", "msg": msg, "path": "dvc.lock"} if {
	lib.production
	not stage
	not data.mlsec.config.no_model == true
	msg := "the stage that trained the model is not in the DVC lock file"
}

deny contains {"id": "DEPLOY-DATA-UNKNOWN", "severity": "high", "msg": msg, "path": "dvc.lock"} if {
	lib.production
	stage
	count(data_read) == 0
	msg := "the training stage names no data that it read"
}

data_read contains dependency if {
	some dependency in stage.deps
	not is_code(dependency.path)
}

deny contains {"id": "DEPLOY-DATA-SOURCE", "severity": "high", "msg": msg, "path": dependency.path} if {
	lib.production
	some dependency in data_read
	not approved(dependency)
	not lib.waived(dependency.path)
	msg := sprintf("%s was read in training and does not come from an approved source with this hash", [dependency.path])
}
