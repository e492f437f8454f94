"""Container images: what is in every layer, what is known of it, and what the image is set to do.

What it is for: the inventory of an image (packages of the distribution, of Python, conda, npm, R, Java, Go and Rust)
with the layer that brought each in and the layer that took it out, what the local store of advisories knows of them,
what the configuration of the image gives away, and the files that the other scanners should look at. It reads no file
for them: it yields them as `Inside`, and the executor has them examined.

What it must never do: start anything of an image, write anything of it to disk, ask the network, count a package of the
distribution twice because it is written in Python, or call an image clean whose packages could not be looked up.

A file that is, byte for byte, what the package of a distribution put there is public, and is not looked at: it would
bury what is the image's own. The digests are those that the package databases hold, so a changed file is looked at.

Dependencies: none. Databases of rpm are read by ourselves (Berkeley DB, NDB and SQLite, 200 lines), because the only
library for them is rpm's own. SQLite's own library could read the third, but a hostile database can hold views that
run for ever.

Tried and dropped: the digest of the layer as the layer in which a package was first seen with this version (wrong for
what was removed and added again), findings for each binary package of one source (three times as many lines, one mend).
"""
