"""Pickles that hold nothing but arrays and plain values, as files that no load can abuse.

A pickle is read by the machine of this room, never unpickled, and is plain only where each of its steps is one that
builds an array, a number, a text or a container of such. What is left over, however small, makes it not plain: nothing
is guessed and nothing is dropped. Tensors of torch become safetensors, arrays of numpy become npz; numbers and texts
beside them go along (in the metadata, or as arrays without dimensions). The pickle itself stays where it is.

numpy moves the bytes (it is there with pandas, which the product needs). torch, joblib and safetensors are not needed:
their formats are known to the room anyway, and one of them would run what is to be replaced.
"""

from .convert import Conversion, conversion
from .values import NoPickle, NotPlain

__all__ = ["Conversion", "NoPickle", "NotPlain", "conversion"]
