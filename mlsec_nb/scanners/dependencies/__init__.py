"""Dependencies: manifests, lock files, and the installs inside notebooks.

What it is for: to say which packages are asked for, from where, and what is known of them: advisories of the local
store, names that imitate others, sources that anybody can change, licences. Most packages of a notebook are named in no
manifest but in a cell (`!pip install …`); those are read like all others.

What it must never do: run an installer or an interpreter, ask the network, show an address with what may be a secret in
it, or read a file that it was not given: but for what a requirements file includes from its own folder, and for the
environment of a notebook's kernel when that is asked for. Whatever could not be looked up is a `Gap`, never a pass.

Libraries: `packaging` (versions as pip sees them; 1 MB, Apache-2.0 or BSD), and PyYAML for lock files in YAML.

Tried and dropped: a parser library for requirements files (115 ms to import, calls `==2.*` pinned), a finding for
each package that a cell does not pin (a wall of words that nobody reads; it is one for each cell), a registry's own
list of names for imitations (not ours to ship; a reviewed list and the user's own names are enough).
"""
