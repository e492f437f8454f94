"""Python code objects, as Keras and pickles carry them along: read and traced, never made into code.

`marshalled` reads the format of the `marshal` module (which must not be fed with what a stranger wrote: it can crash
the interpreter), `tracing` goes through the instructions of CPython 3.8 to 3.14 and says what is imported and called.
"""
