"""IPython's input rules, under the name that this room knows them by."""

from mlsec_nb.scanners.transform import Piece, Transformed, blank, logical_lines, margin, transform

__all__ = ["Piece", "Transformed", "blank", "logical_lines", "margin", "transform"]
