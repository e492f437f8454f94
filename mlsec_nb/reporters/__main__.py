"""`python -m mlsec_nb.reporters` prints the JSON Schema of the report; it is kept beside this file, generated."""

import json
import sys

from .schema import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
