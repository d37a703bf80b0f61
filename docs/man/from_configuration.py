#!/usr/bin/env python3
"""vipherd.toml(5) out of docs/configuration.md: from_configuration.py [--check]

Knows what that document uses of Markdown: headings, paragraphs, lists, tables, code. With --check nothing is
written, and what is there has to be what would be."""

import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
SOURCE, TARGET = HERE.parent / "configuration.md", HERE / "vipherd.toml.5"

HEAD = """.\\" Made of docs/configuration.md by docs/man/from_configuration.py: change that.
.TH VIPHERD.TOML 5 2026-01-31 vipherd
.SH NAME
vipherd.toml \\- configuration of vipherd
"""
TAIL = """.SH SEE ALSO
.BR vipherd (8)
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("\u2026", "...").replace("\u2013", "\\(en")
    return "\\&" + text if text.startswith((".", "'")) else text


def inline(text):
    """Code and what is stressed in bold; a link is its text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    parts = re.split(r"(`[^`]*`|\*\*[^*]*\*\*)", text.replace("\\|", "|"))
    done = ""
    for part in parts:
        if part.startswith("`") and len(part) > 1:
            done += "\\fB" + escaped(part[1:-1]).removeprefix("\\&") + "\\fR"
        elif part.startswith("**") and len(part) > 3:
            done += "\\fB" + escaped(part[2:-2]) + "\\fR"
        else:
            done += escaped(part).removeprefix("\\&") if done else escaped(part)
    return done


def wrapped(text):
    """Lines of a length that people can compare; none begins like a request."""
    lines = textwrap.wrap(text, 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def table(lines):
    """The first column names an entry, the last one explains it, those between are told of it in brackets."""
    for line in lines[2:]:
        row = cells(line)
        yield ".TP\n" + inline(row[0])
        about = [f"{title} {text}" if title not in ("type", "kind") else text
                 for title, text in list(zip(cells(lines[0]), row))[1:-1] if text]
        yield wrapped((inline("(" + "; ".join(about) + ") ") if about else "") + inline(row[-1]))
    yield ".PP"


def blocks(text):
    """Pairs of a kind and its lines."""
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        if line.startswith("```"):
            code = []
            while not (line := lines.pop(0)).startswith("```"):
                code.append(line)
            yield "code", code
        elif line.startswith("#"):
            yield "heading", [line]
        elif line.startswith("|"):
            rows = [line]
            while lines and lines[0].startswith("|"):
                rows.append(lines.pop(0))
            yield "table", rows
        elif line.startswith("- "):
            item = [line[2:]]
            while lines and lines[0].startswith("  "):
                item.append(lines.pop(0).strip())
            yield "item", item
        elif line.strip():
            words = [line]
            while lines and lines[0].strip() and not lines[0].startswith(("#", "|", "- ", "```")):
                words.append(lines.pop(0))
            yield "paragraph", words


def page():
    done = [HEAD.rstrip(), ".SH DESCRIPTION"]
    for kind, lines in blocks(SOURCE.read_text()):
        if kind == "heading":
            level, title = lines[0].split(" ", 1)
            if len(level) > 1:
                done.append((".SH " if len(level) == 2 else ".SS ") + inline(title.replace("`", "")))
        elif kind == "code":
            done += [".PP", ".nf", ".RS 4", *(escaped(line) if line else ".sp" for line in lines), ".RE", ".fi", ".PP"]
        elif kind == "table":
            done += table(lines)
        elif kind == "item":
            done += [".IP \\(bu 2", wrapped(inline(" ".join(lines)))]
        else:
            done += [".PP", wrapped(inline(" ".join(lines)))]
    # A heading or an end makes a paragraph by itself, and one is enough.
    text = "\n".join(done) + "\n" + TAIL
    text = re.sub(r"(?:\.PP\n)+(?=\.(?:PP|TP|IP|SH|SS|nf))", "", text)
    return re.sub(r"(\.S[HS] [^\n]*\n)\.PP\n", r"\1", text)


def main():
    text = page()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text)
        return 0
    if TARGET.read_text() == text:
        return 0
    print(f"{TARGET} is not what {SOURCE.name} says: run {pathlib.Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
