"""The pickle machine: reads a pickle as CPython's C unpickler does, and does nothing of what it says.

Values are abstract; the result is what would be imported, called and set, in order, with arguments and byte offsets.
`pickletools` is not used: it and the C unpickler read different languages, and every difference is a hiding place.
"""
