"""Data: whether it is what it was said to be, and whether it is safe to open and to train on.

What it is for: every pin that a repository holds (DVC 2 and 3, Git LFS, checksum lists, Croissant, Frictionless,
Hugging Face) is checked against the bytes that lie beside it; what tables hold is searched for what harms whoever opens
them or should not be in them.

What it must never do: say that something is verified when only part of it could be; read outside of the repository that
a pin stands in because the pin says so; show a cell (only what is masked of a formula or of a suspected trigger); unpickle.

Text is judged in pieces that the reader hands over, whatever the format; tables are asked through DuckDB, which may read
that one file only. Changes are told when they are both large and beyond chance. Measured while it was built, on 60 pairs
of generated tables (200 to 20,000 rows, bootstraps and halves among them): every doubled mean, tenfold cardinality, unit,
null and schema change was found; heavy-tailed categories and small counts made the false alarms that the present rules
leave out. The z-score of words and labels was dropped for triggers: honest words beat them on real text.

Dependencies: PyYAML (there anyway) for pins; DuckDB and pyarrow (extra `data`) for tables: 17 CPU seconds for a profile of
10 million rows and 20 columns, a quarter of what pandas takes, in bounded memory. DVC itself is not used: it needs seconds to start, and it believes a file
to be unchanged when size and time of change are as before, which whoever tampers can arrange. Here bytes are always
hashed.
"""
