"""Results as Markdown that means what it says: whatever comes from papers or models is escaped."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from textwrap import indent

from assistant.cleaning import clean, one_line, printable
from assistant.papers import StoredPaper, web_address_in
from assistant.render.tables import Report
from assistant.render.words import at_most, byline, flags, footer, in_short, marked, marks, read_where, receiver
from assistant.results import Answer, Citation, DryRun, Recorded, SearchResult, Sentence, cite

# The last two: an address that some Markdown makes a link of without being asked.
_MEANING = re.compile(r"([\\`*_\[\]<>|~#&$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_BLOCK = re.compile(r"^(?:(\d{1,9})(?=[.)])|(?=[=+-]))")  # what makes a heading, list or rule of a line


def escaped(text: str) -> str:
    """`text` as Markdown that shows exactly it, on one line."""
    return _BLOCK.sub(r"\1\\", _inline(text))


def _inline(text: str) -> str:
    """The same where no block can begin: inside a line."""
    return _MEANING.sub(r"\\\1", one_line(text))


def answer(result: Answer) -> str:
    lines = [f"# {escaped(result.question)}", ""]
    if result.status == "unanswered":
        lines += [f"**No answer**: {escaped(result.why)}.", ""]
    elif result.why:
        lines += [f"**{escaped(in_short(result))}**", ""]
    lines += _blocks(result.prose)
    if result.matches:
        lines += _table(result)
    if result.interrupted:
        lines += ["**Incomplete**: it was interrupted here.", ""]
    if result.removed:
        lines += ["## Taken out, not supported", "", *_blocks(result.removed)]
    if result.named:
        lines += ["## Only the full paper could settle this", "", *(f"- {_reference(one)}" for one in result.named), ""]
    if result.nearest:
        lines += ["## Closest papers", "", *(f"- {_reference(one)}" for one in result.nearest), ""]
    rows = {match.n for match in result.matches}
    if others := [one for one in result.citations if one.n not in rows]:
        lines += ["## References", "", *(f"{one.n}. {_reference(one)}" for one in others), ""]
    return "\n".join([*lines, f"*{escaped(footer(result))}*"])


def _table(result: Answer) -> list[str]:
    """A row for each paper that matches: it, how it answers, and what of its abstract that rests on."""
    papers = {one.n: one for one in result.citations}
    quoted = any(match.quotes for match in result.matches)
    lines = ["| | Paper | How it answers |" + (" Quote |" if quoted else ""), "| --- " * (3 + quoted) + "|"]
    for match in result.matches:
        said = [replace(one, trailing=()) if one.trailing == (match.n,) else one for one in match.sentences]
        how = [_sentence(sentence) for sentence in said]
        how += [f"*{escaped(flag)}*" for _, flag in flags(match.sentences)]
        quotes = " ".join(f"“{escaped(quote)}”" for quote in match.quotes)
        cells = [str(match.n), _reference(papers[match.n]), "<br>".join(how), *([quotes] if quoted else [])]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _blocks(sentences: Sequence[Sentence]) -> list[str]:
    blocks = (list(group) for _, group in groupby(sentences, key=lambda sentence: sentence.block))
    return [line for block in blocks for line in (*_block(block), "")]


def _block(sentences: Sequence[Sentence]) -> list[str]:
    prefix = {"bullet": "- ", "heading": "## ", "paragraph": ""}[sentences[0].kind]
    said = " ".join(_sentence(sentence) for sentence in sentences)
    notes = [f"  > {escaped(flag)}" for _, flag in flags(sentences)]
    return [prefix + said, *(["", *notes] if notes else [])]


def _sentence(sentence: Sentence) -> str:
    return f"{escaped(sentence.text)} {escaped(marks(sentence))}".strip()


def _reference(one: Citation) -> str:
    title = escaped(one.heading)
    if address := web_address_in(one.url):
        title = f"[{title}]({address})"
    return f"{title} ({escaped(byline(one))})"


def dry_run(result: DryRun) -> str:
    """What would be sent, as code, of which no line can mean anything else."""
    lines = [f"# {escaped(result.question)}", ""]
    if result.why:
        return "\n".join([*lines, f"**Nothing would be sent**: {escaped(result.why)}."])
    lines += [escaped(receiver(result)), ""]
    for n, one in enumerate(result.exchanges, 1):
        lines += [f"## Request {n}", "", *(f"{paper.n}. {_reference(paper)}" for paper in one.passages), ""]
        for name, text in (("System", one.system), ("Prompt", one.prompt)):
            lines += [f"### {name}", "", indent(printable(text), "    ", lambda line: True), ""]
    return "\n".join([*lines, f"*{escaped(at_most(result))}; nothing was sent*"])


def search(results: Sequence[SearchResult], *, question: str) -> str:
    lines = [f"# {escaped(question)}", ""]
    for one in results:
        reference = Citation(one.rank, one.paper_id, one.title, one.date, one.source, one.url, one.withdrawn)
        lines += [f"{one.rank}. {_reference(reference)}", "", f"   {escaped(one.passage)}", ""]
    return "\n".join(lines)


def recordings(found: Sequence[Recorded]) -> str:
    """A list of questions, a line each."""
    return "\n".join(f"- {escaped(one.question)}" for one in found)


def papers(found: Sequence[StoredPaper]) -> str:
    """A list of papers, a line each."""
    return "\n".join(f"- {_reference(cite(0, one, clean(one.paper.title)))}" for one in found)


def paper(one: StoredPaper) -> str:
    """A paper whole."""
    reference = cite(0, one, clean(one.paper.title))
    lines = [f"# {escaped(reference.heading)}", ""]
    if one.paper.authors:
        lines += [f"*{escaped(', '.join(one.paper.authors))}*", ""]
    lines += [escaped(clean(one.paper.abstract)), "", _reference(reference)]
    if told := marked(one):
        lines += ["", f"*{escaped(', '.join(told))}*"]
    if one.marks.note:
        lines += ["", *(f"> {escaped(line)}" for line in one.marks.note.split("\n"))]
    lines += ["", *(f"- {escaped(f'read {line}')}" for line in read_where(one))]
    return "\n".join(lines)


def tables(report: Report) -> str:
    """Tables under their title, and what is told below them."""
    lines = [f"# {escaped(report.title)}", ""]
    for table in report.tables:
        rows = [" | ".join(_inline(cell) for cell in row) for row in (table.heading, *table.rows)]
        rule = " | ".join(["---", *["---:"] * (len(table.heading) - 1)])
        lines += [*(f"| {row} |" for row in (rows[0], rule, *rows[1:])), ""]
    return "\n".join([*lines, "\n\n".join(f"*{escaped(note)}*" for note in report.notes)])
