"""Advisories as they are published, made up: the real shapes and sizes, texts of words as real ones are.

The records of `tests/advisories/data` are the templates of what PyPA writes and the source of the words; the other
shapes (malware of npm and PyPI, reviewed advisories, distributions) are laid out as their databases lay them out. Words
come as often as words do (Zipf), a third are names that stand nowhere else, and every digest and time is random, so
that texts are as hard to pack as real ones: `bench_advisories` prints both.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXCERPT = Path(__file__).parents[1] / "advisories/data/pypa"
# What the published databases held in 2026, in records: malware of npm is two thirds of all.
SHARES = {"npm malware": 205_000, "PyPI malware": 11_000, "reviewed": 26_000, "PyPA": 5_000, "Debian": 52_000,
          "Alpine": 4_000, "Red Hat": 9_000, "Ubuntu": 12_000}  # fmt: skip
NAMED = 0.15  # share of words that are names
_SYLLABLES = [first + second for first in "bcdfghklmnprstvwz" for second in ("a", "e", "i", "o", "u", "ar", "en", "il")]
_CWES = (
    "20",
    "22",
    "78",
    "79",
    "89",
    "94",
    "119",
    "125",
    "190",
    "200",
    "287",
    "352",
    "400",
    "416",
    "476",
    "502",
    "787",
)
_ECOSYSTEMS = ("npm", "Maven", "Go", "Packagist", "RubyGems", "NuGet", "crates.io", "PyPI")


class Making:
    """Records of one seed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(EXCERPT.glob("*.json"))]
        self.templates = files
        self.words = sorted({word for one in files for word in str(one.get("details", "")).split()})
        self.random.shuffle(self.words)
        self.weights = [1 / (rank + 8) for rank in range(len(self.words))]

    def hexadecimal(self, digits: int) -> str:
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def name(self) -> str:
        parts = ["".join(self.random.choices(_SYLLABLES, k=self.random.randint(2, 4)))
                 for _ in range(self.random.choice((1, 1, 2, 2, 3)))]  # fmt: skip
        return "-".join(parts)

    def version(self) -> str:
        return f"{self.random.randint(0, 12)}.{self.random.randint(0, 40)}.{self.random.randint(0, 30)}"

    def moment(self, fine: int = 0) -> str:
        r = self.random
        dot = f".{r.getrandbits(30):09d}"[: fine + 1] if fine else ""
        return (f"{r.randint(2018, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"
                f"T{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}{dot}Z")  # fmt: skip

    def text(self, words: int) -> str:
        chosen = self.random.choices(self.words, self.weights, k=words)
        return " ".join(self.name() if self.random.random() < NAMED else word for word in chosen)

    def vector(self) -> str:
        pick = self.random.choice
        return (f"CVSS:3.1/AV:{pick('NALP')}/AC:{pick('LH')}/PR:{pick('NLH')}/UI:{pick('NR')}/S:{pick('UC')}"
                f"/C:{pick('NLH')}/I:{pick('NLH')}/A:{pick('NLH')}")  # fmt: skip

    def links(self, count: int, cve: str) -> list[dict[str, str]]:
        """To the project, its changes and its discussions, and to those who list flaws."""
        project = f"https://forge.example/{self.name()}/{self.name()}"
        ends = (f"/commit/{self.hexadecimal(40)}", f"/pull/{self.random.randint(1, 9_999)}", "", f"/releases/tag/v{self.version()}",
                f"/issues/{self.random.randint(1, 9_999)}", f"/commit/{self.hexadecimal(40)}", "/blob/main/SECURITY.md")  # fmt: skip
        urls = [f"https://flaws.example/vuln/detail/{cve}", *(project + end for end in ends),
                f"https://lists.{self.name()}.example/{self.random.randint(2010, 2026)}/{self.hexadecimal(8)}"]  # fmt: skip
        return [{"type": "ADVISORY" if url is urls[0] else "WEB", "url": url} for url in urls[:count]]

    def record(self, kind: str, number: int) -> dict[str, Any]:
        shape = {"npm malware": self._malware, "PyPI malware": self._malware, "reviewed": self._reviewed,
                 "PyPA": self._pypa, "Ubuntu": self._ubuntu, "Red Hat": self._red_hat}.get(kind, self._distribution)  # fmt: skip
        return shape(kind, number)

    def _malware(self, kind: str, number: int) -> dict[str, Any]:
        ecosystem, name, digest = kind.partition(" ")[0], f"{self.name()}-{self.name()}", self.hexadecimal(64)
        source = self.random.choice(("amazon-inspector", "ghsa-malware", "ossf-package-analysis", "reversing-labs"))
        body = (
            self.text(60) if self.random.random() < 0.15 else f"The package {name} was found to contain malicious code."
        )
        versions = [self.version() for _ in range(self.random.choice((1, 1, 2, 4)))]
        whole = self.random.random() < 0.4
        affected = {"package": {"name": name, "ecosystem": ecosystem}, "database_specific": {"cwes": [
            {"cweId": "CWE-506", "name": "Embedded Malicious Code",
             "description": "The product contains code that appears to be malicious in nature."}]}}  # fmt: skip
        affected |= (
            {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]} if whole else {"versions": versions}
        )
        return {"schema_version": "1.7.4", "id": f"MAL-2025-{number}", "published": self.moment(),
                "modified": self.moment(9), "summary": f"Malicious code in {name} ({ecosystem})",
                "details": f"\n---\n_-= Per source details. Do not edit below this line.=-_\n\n## Source: {source} ({digest})\n{body}\n",
                "affected": [affected], "references": self.links(2 if self.random.random() < 0.2 else 0, f"MAL-2025-{number}"),
                "database_specific": {"malicious-packages-origins": [
                    {"id": f"IN-MAL-2025-{number:06}", "import_time": self.moment(9), "modified_time": self.moment(),
                     "sha256": digest, "source": source, "versions": versions}]},
                "credits": [{"name": source.title(), "type": "FINDER", "contact": [f"{source}@{source}.example"]}]}  # fmt: skip

    def _cve(self, number: int) -> str:
        return f"CVE-{2010 + number % 17}-{10_000 + number}"

    def _reviewed(self, _: str, number: int) -> dict[str, Any]:
        ecosystem = self.random.choice(_ECOSYSTEMS)
        affected = [{"package": {"ecosystem": ecosystem, "name": self.name()}, "ranges": [{"type": "ECOSYSTEM", "events": [
            {"introduced": "0" if self.random.random() < 0.6 else self.version()}, {"fixed": self.version()}]}]}
            for _ in range(self.random.choice((1, 1, 1, 2, 4)))]  # fmt: skip
        identity = "-".join("".join(self.random.choices("23456789cfghjmpqrvwx", k=4)) for _ in range(3))
        return {"schema_version": "1.4.0", "id": f"GHSA-{identity}", "modified": self.moment(), "published": self.moment(),
                "aliases": [self._cve(number)], "summary": self.text(9), "details": self.text(self.random.randint(40, 260)),
                "severity": [{"type": "CVSS_V3", "score": self.vector()}], "affected": affected,
                "references": self.links(self.random.randint(2, 8), self._cve(number)),
                "database_specific": {"cwe_ids": [f"CWE-{self.random.choice(_CWES)}"], "github_reviewed": True,
                                      "severity": self.random.choice(("LOW", "MODERATE", "HIGH", "CRITICAL")),
                                      "github_reviewed_at": self.moment(), "nvd_published_at": self.moment()}}  # fmt: skip

    def _pypa(self, _: str, number: int) -> dict[str, Any]:
        made = json.loads(json.dumps(self.random.choice(self.templates)))
        made |= {"id": f"PYSEC-2025-{number}", "aliases": [self._cve(number)], "modified": self.moment(6),
                 "details": self.text(len(str(made.get("details", "")).split())),
                 "references": self.links(len(made.get("references", [])), self._cve(number))}  # fmt: skip
        for entry in made["affected"]:
            entry["package"] = {"ecosystem": "PyPI", "name": self.name()}
        return made

    def _distribution(self, kind: str, number: int) -> dict[str, Any]:
        name, cve = self._source(), self._cve(number)
        releases = ("v3.18", "v3.19", "v3.20", "v3.21", "v3.22") if kind == "Alpine" else ("11", "12", "13", "14")
        affected = [{"package": {"name": name, "ecosystem": f"{kind}:{release}",
                                 "purl": f"pkg:deb/{kind.lower()}/{name}?arch=source"},
                     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *(
                         [{"fixed": f"{self.version()}-{self.random.randint(0, 9)}"}] if self.random.random() < 0.7 else [])]}],
                     "ecosystem_specific": {"urgency": "not yet assigned"}}
                    for release in releases[-self.random.randint(1, len(releases)) :]]  # fmt: skip
        return {"schema_version": "1.7.0", "id": f"{kind.upper()}-{cve}", "modified": self.moment(6),
                "published": self.moment(), "upstream": [cve], "details": self.text(self.random.randint(25, 90)),
                "affected": affected, "references": [{"type": "ADVISORY", "url": f"https://tracker.example/{cve}"}],
                "severity": [{"type": "CVSS_V3", "score": self.vector()}]}  # fmt: skip

    def _source(self) -> str:
        """Of some thousand packages a few have most of the advisories."""
        return f"source-{int(self.random.paretovariate(0.6)) % 4_000}"

    def _ubuntu(self, kind: str, number: int) -> dict[str, Any]:
        made = self._distribution(kind, number)
        releases = ("18.04:LTS", "20.04:LTS", "22.04:LTS", "24.04:LTS", "25.10")
        name = made["affected"][0]["package"]["name"]
        made["affected"] = [
            {"package": {"name": name, "ecosystem": f"Ubuntu:{release}"},
             "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": self.version() + "ubuntu1"}]}],
             "versions": [self.version() + "ubuntu1" for _ in range(self.random.randint(2, 9))],
             "ecosystem_specific": {"binaries": [{"binary_name": f"{name}{end}", "binary_version": self.version()}
                                                 for end in ("", "-dev", "-doc")]}}
            for release in releases
        ]  # fmt: skip
        return made

    def _red_hat(self, _: str, number: int) -> dict[str, Any]:
        source = self._source()
        affected = [{"package": {"ecosystem": f"Red Hat:enterprise_linux:{release}::{part}", "name": f"{source}{end}"},
                     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": f"0:{self.version()}-{number % 20}.el{release}"}]}]}
                    for release in ("8", "9") for part in ("baseos", "appstream") for end in ("", "-devel", "-libs")]  # fmt: skip
        return {"schema_version": "1.7.0", "id": f"RHSA-2025:{number}", "modified": self.moment(), "published": self.moment(),
                "upstream": [self._cve(number)], "summary": self.text(8), "affected": affected,
                "references": self.links(4, self._cve(number)), "severity": [{"type": "CVSS_V3", "score": self.vector()}]}  # fmt: skip


def records(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """So many records in the shares in which they are published, each database after the other."""
    making, whole = Making(seed), sum(SHARES.values())
    for kind, share in SHARES.items():
        for number in range(share * count // whole):
            yield making.record(kind, number)
