"""Writes the blocks of figures in docs/evidence, and their copies in the READMEs.

A block stands between `<!-- figure NAME -->` and `<!-- end -->`; a test holds every copy to the one in docs/evidence.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIES = [ROOT / "README.md", ROOT / "benches" / "README.md"]


def block(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- figure {re.escape(name)} -->\n).*?(\n<!-- end -->)", re.S)


def write_figure(file: Path, name: str, lines: list[str]) -> None:
    """Puts `lines` in the place of the block `name` of `file` and of its copies."""
    text = file.read_text()
    if not block(name).search(text):
        raise SystemExit(f"{file} has no figure `{name}`")
    for path in [file, *COPIES]:
        text = path.read_text()
        path.write_text(block(name).sub(lambda found: found[1] + "\n".join(lines) + found[2], text))


def write_row(file: Path, name: str, row: str) -> None:
    """Puts `row`, a line of a Markdown table, in the place of the one with the same first cell, or behind the last."""
    found = block(name).search(file.read_text())
    if not found:
        raise SystemExit(f"{file} has no figure `{name}`")
    lines = found[0].split("\n")[1:-1]
    first = row.split("|")[1]
    if any(line.split("|")[1:2] == [first] for line in lines):
        lines = [row if line.split("|")[1:2] == [first] else line for line in lines]
    else:
        lines.append(row)
    write_figure(file, name, lines)
