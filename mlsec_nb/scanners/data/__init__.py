"""Data: whether it is what it was said to be, and whether it is safe to open and to train on.

What it is for: every pin that a repository holds (DVC 2 and 3, Git LFS, checksum lists, Croissant, Frictionless,
Hugging Face) is checked against the bytes that lie beside it; what tables hold is searched for what harms whoever opens
them or should not be in them; tables are held against an earlier profile.

What it must never do: say that something is verified when only part of it could be; read outside of the repository that
a pin stands in because the pin says so; show a cell (only what is left of a formula or a suspected trigger when it is
masked); unpickle.

Text is judged in pieces that the reader hands over, whatever the format. Tables are asked through DuckDB, which may
read that one file only. A change is told when it is both large and beyond chance. On 100 clean
pairs of generated tables (bootstraps and halves among them, the rules having been set on other draws of the same
generator) there was no alarm; of changed pairs every tenfold cardinality, unit, null and schema change was found and 39
of 40 doubled means. What a table of 200 rows cannot prove (a lost category, a shifted balance) is missed now and then.
On 78 expectations about a small table every verdict was that of Great Expectations 1.24.1; the tests keep them.

Dependencies: PyYAML (there anyway) for pins; DuckDB and pyarrow (extra `data`) for tables: a profile of 400,000 rows of
9 columns takes 1.7 CPU seconds, one of 10 million rows of 20 columns (Parquet) 34 CPU seconds and 0.3 GB; 48 with
approximate quantiles over all rows, which the sample replaced. DVC itself is not used: it needs seconds to start, and
it believes a file to be unchanged when size and time of change are as before, which whoever tampers can arrange. Here
bytes are always hashed.

Tried and dropped: the z-score of words and labels for triggers (honest words beat them on real text); counting repeated
rows without a profile (small tables repeat themselves).
"""
