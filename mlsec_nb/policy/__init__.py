"""Policy: what a pile of findings, gaps and evidence means for a pipeline.

`thresholds` gives the verdict of one audit; gates ask more: that every required check really ran, that the policies
(Rego) allow it, and that the evidence is signed by keys that are trusted. Everything here fails closed: what is not
known is undecided (exit code 2), never passed; and findings win over gaps, so a 2 never hides a 1.
"""
