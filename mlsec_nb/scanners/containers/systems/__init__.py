"""One file for each system that installs packages: bytes of its database → `Told`."""
