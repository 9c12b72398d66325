"""Results as JSON documents, version 1: `docs/json.md` describes them. Fields may be added, never renamed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from assistant.cleaning import INVISIBLE
from assistant.evaluations import Comparison, Evaluation
from assistant.fetches import FetchPlan, FetchReport
from assistant.holdings import Backup, Finding, IngestReport, LibraryStatus, Removal
from assistant.papers import Marks, StoredPaper
from assistant.reports import Digest, Duplicates, Topic, TopicSummary, Trend
from assistant.results import Answer, Configured, DryRun, Match, Recorded, SearchResult

# What a terminal may obey or a reader cannot see; json has escaped what is below U+0020 itself, but for the newlines
# and spaces between its parts.
_UNSAFE = re.compile(f"{INVISIBLE}|[\ud800-\udfff]")


def answer(result: Answer, *, library: str) -> str:
    recorded = result.recorded and _recorded(result.recorded)
    fields = asdict(result) | {"recorded": recorded, "matches": [_match(match) for match in result.matches]}
    return _document("ask", library, fields)


def dry_run(result: DryRun, *, library: str) -> str:
    return _document("dry-run", library, asdict(result))


def recordings(found: Sequence[Recorded], *, library: str) -> str:
    return _document("recordings", library, {"recordings": [_recorded(one) for one in found]})


def _recorded(one: Recorded) -> dict[str, Any]:
    return {"question": one.question, "writer": one.writer, "date": one.date, "from": one.source}


def _match(match: Match) -> dict[str, Any]:
    return {"n": match.n, "how": match.how, "quotes": match.quotes}


def search(results: Sequence[SearchResult], *, question: str, library: str, failure: str = "") -> str:
    found = [asdict(one) for one in results]
    return _document("search", library, {"query": question, "results": found, "failure": failure})


def papers(found: Sequence[StoredPaper], *, library: str) -> str:
    return _document("papers", library, {"papers": [_paper(one) for one in found]})


def line(found: StoredPaper) -> str:
    """A paper on one line, as `ingest` reads it again: all that it says, and nothing where it says nothing. The marks
    of a user are nothing that a paper says."""
    paper = found.paper
    fields = _paper(replace(found, marks=Marks())) | {"id": paper.source_id, "sources": None}
    if paper.arxiv_id and not paper.source_id:
        fields |= {"id": f"arxiv:{paper.arxiv_id}", "arxiv_id": None}
    fields["known_as"] = found.paper_id if found.paper_id != paper.paper_id else None
    said = {name: value for name, value in fields.items() if value or type(value) is int}  # 0 upvotes are some
    return _escaped(json.dumps(said, ensure_ascii=False, default=str))


def status(result: LibraryStatus) -> str:
    return _document("status", result.name, asdict(result))


def findings(found: Sequence[Finding], *, library: str) -> str:
    return _document("doctor", library, {"findings": [asdict(one) for one in found]})


def ingest(report: IngestReport, *, library: str) -> str:
    return _document("ingest", library, asdict(report))


def fetches(report: FetchReport, *, library: str) -> str:
    return _document("fetch", library, asdict(report))


def fetch_plans(plans: Sequence[FetchPlan], *, library: str) -> str:
    return _document("fetch-plan", library, {"plans": [asdict(one) for one in plans]})


def removal(report: Removal, *, library: str) -> str:
    fields = {"removed": report.removed, "left": report.left, "papers": [_paper(one) for one in report.papers]}
    return _document("remove", library, fields)


def duplicates(result: Duplicates, *, limit: int, library: str) -> str:
    groups = [asdict(group) | {"reason": group.reason} for group in result.groups[:limit]]
    return _document("dedupe", library, asdict(result) | {"groups": groups, "more": len(result.groups) - len(groups)})


def tags(found: Mapping[str, int], *, library: str) -> str:
    return _document("tags", library, {"tags": [{"name": name, "papers": count} for name, count in found.items()]})


def note(found: StoredPaper, *, library: str) -> str:
    return _document("note", library, {"id": found.paper_id, "note": found.marks.note})


def backup(result: Backup) -> str:
    return _document("backup", result.library, asdict(result))


def configuration(found: Sequence[Configured], *, file: str) -> str:
    """Of no library, so that there is none named."""
    return _document("config", None, {"file": file, "settings": [asdict(one) for one in found]})


def evaluation(result: Evaluation) -> str:
    return _document("eval", result.library, asdict(result))


def comparison(result: Comparison) -> str:
    """Of two libraries perhaps, so of none."""
    return _document("comparison", None, asdict(result))


def digest(result: Digest, *, library: str) -> str:
    more = {"papers_considered": result.papers_considered, "more": result.more, "label": result.period.label}
    return _document("digest", library, asdict(result) | more)


def summary(result: TopicSummary, *, library: str) -> str:
    return _document("summarize", library, asdict(result))


def trend(result: Trend, *, library: str) -> str:
    return _document("trends", library, asdict(result))


def topics(found: Sequence[Topic], *, library: str) -> str:
    return _document("topics", library, {"topics": [asdict(one) for one in found]})


def caught(topic: str, found: Sequence[tuple[StoredPaper, float]], *, library: str) -> str:
    papers = [_paper(one) | {"nearness": round(near, 4)} for one, near in found]
    return _document("topic-test", library, {"topic": topic, "papers": papers})


def _paper(found: StoredPaper) -> dict[str, Any]:
    """The stored record: the plain JSONL form, with where it came from."""
    paper = found.paper
    return {
        "id": found.paper_id,
        "title": paper.title,
        "abstract": paper.abstract,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.doi,
        "authors": paper.authors,
        "author_count": paper.author_count,
        "organization": paper.organization,
        "date": paper.date,
        "date_inferred": paper.date_inferred,
        "url": paper.url,
        "categories": paper.categories,
        "upvotes": paper.upvotes,
        "venue": paper.venue,
        "version": paper.version,
        "withdrawn": paper.withdrawn,
        "sources": [asdict(source) for source in found.sources],
        "origins": {field: asdict(place) for field, place in found.origins},
        **asdict(found.marks),
    }


def _document(name: str, library: str | None, fields: dict[str, Any]) -> str:
    """One JSON document, safe to print: everything a terminal could obey is written as an escape."""
    body = {"schema": f"{name}/1", "library": library} | fields
    return _escaped(json.dumps(body, ensure_ascii=False, indent=2, default=str))


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable():  # most lines
        return text
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)
