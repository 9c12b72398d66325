"""One answer in every output, with literals: what a reader sees of verdicts, citations and hostile text."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from assistant.evaluations import Comparison, Difference, Evaluation, Measure, Outcome
from assistant.holdings import Finding, IngestReport, Intake, LibraryStatus
from assistant.papers import Paper, Problem, Provenance, StoredPaper
from assistant.render import holdings, jsonform, markdown, tables, terminal, words
from assistant.render.lines import MAX_WIDTH
from assistant.results import Answer, Citation, DryRun, Exchange, Price, Quote, SearchResult, Sentence, Usage

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202eevil\u200b <script>alert(1)</script> [x](http://evil) ![y](http://evil)"
    "\nforged"
)
ANSWER = Answer(
    question="which papers reduce memory?",
    status="partial",
    writer="relay",
    sentences=(
        Sentence(
            "CSKV reduces memory by 80%.", (1,), (1,), "supported", (), (Quote(1, "by 80\\%", 3, 10),), 0, "bullet"
        ),
        Sentence(
            "It is 9x faster than [1].",
            (1, 2),
            (2,),
            "unsupported",
            ("says 9x, the abstract says 2.8×",),
            (),
            1,
            "bullet",
        ),
    ),
    citations=(
        Citation(1, "cskv", "CSKV: Channel Shrinking", date(2024, 9, 16), "hf-page", None),
        Citation(2, "arxiv:2405.04532", "QServe", None, "jsonl", "https://arxiv.org/abs/2405.04532"),
    ),
    invented=("[9]",),
    candidates_read=40,
    usage=Usage(1200, 80, estimated=False),
    seconds=1.25,
)
UNANSWERED = Answer(
    question="who won?",
    status="unanswered",
    nearest=(Citation(1, "cskv", "CSKV", None, "hf-page"),),
    why="no abstract in the library is near enough to the question",
    candidates_read=40,
)
STORED = StoredPaper(
    "cskv",
    Paper(f"CSKV {HOSTILE}", f"Abstract {HOSTILE}", date=date(2025, 4, 29), date_inferred=True, author_count=3),
    (Provenance("hf-page", "seeds/000.txt", 13, date(2026, 11, 20)),),
)


def screen(width: int, *, tty: bool = True) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=tty, color_system=None, highlight=False)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


SURVEY = replace(
    ANSWER,
    sentences=(
        Sentence("These papers do:", kind="paragraph"),
        Sentence(
            "CSKV needs 80% less memory.",
            (1,),
            (1,),
            "supported",
            (),
            (Quote(1, "CSKV reduces the memory of the KV cache by 80\\%.", 3, 50),),
            1,
            "bullet",
        ),
        Sentence("QServe is 9x faster.", (2,), (2,), "unsupported", ("says 9x",), (), 2, "bullet"),
    ),
    recall_estimate=0.875,
)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_survey_is_a_table_that_fits_the_terminal(width: int) -> None:
    console = screen(width)
    terminal.answer(SURVEY, console)
    lines = shown(console).splitlines()
    assert all(len(line) <= min(width, terminal.TABLE_WIDTH) for line in lines)
    assert lines[0] == "These papers do:"
    text = " ".join(shown(console).split())
    assert "40 candidates read, 2 match · by estimate 88% of all found" in text
    assert "! not supported: says 9x" in text
    assert "References" not in text  # the table is the list of references
    if width == 80:
        assert lines[1] == "     Paper                      How it answers"
        assert lines[3] == "[1]  CSKV: Channel Shrinking    CSKV needs 80% less memory."
        assert lines[4].endswith("“CSKV reduces the memory of the KV cache by")
    if width == 120:
        assert lines[1].split() == ["Paper", "How", "it", "answers", "In", "its", "abstract"]
        assert "CSKV needs 80% less memory.          “CSKV reduces" in lines[3]


def test_a_survey_is_a_table_in_markdown_and_rows_in_json() -> None:
    text = markdown.answer(SURVEY)
    assert "| | Paper | How it answers | Quote |" in text
    assert (
        "| 1 | CSKV: Channel Shrinking (2024-09-16 · hf-page · cskv) | CSKV needs 80% less memory. | “CSKV red" in text
    )
    assert "QServe is 9x faster.<br>*not supported: says 9x*" in text
    document = json.loads(jsonform.answer(SURVEY, library="sample"))
    assert document["matches"][1] == {"n": 2, "how": "QServe is 9x faster.", "quotes": []}
    assert document["recall_estimate"] == 0.875
    assert json.loads(jsonform.answer(ANSWER, library="sample"))["matches"] == []


def test_a_sentence_that_is_its_own_quote_is_not_quoted_again() -> None:
    quote = Quote(1, "It is  fast \\cite{x} [3].", 0, 9)
    said = Sentence("It is fast (3).", (1,), (1,), "supported", (), (quote,), 0, "bullet")
    assert replace(SURVEY, sentences=(said,)).matches[0].quotes == ()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_the_terminal_and_hang_under_their_text(width: int) -> None:
    console = screen(width)
    terminal.answer(ANSWER, console)
    lines = shown(console).splitlines()
    assert all(len(line) <= min(width, MAX_WIDTH) for line in lines)
    assert lines[0].startswith("• CSKV reduces memory")


def test_text_says_who_wrote_what_failed_and_what_was_removed() -> None:
    console = screen(100)
    terminal.answer(ANSWER, console)
    text = shown(console)
    assert "• CSKV reduces memory by 80%. [1]" in text
    assert "! not supported: says 9x, the abstract says 2.8×" in text
    assert "[1] CSKV: Channel Shrinking · 2024-09-16 · hf-page\n    cskv\n" in text
    assert "[2] QServe · jsonl\n    arxiv:2405.04532\n" in text
    assert "written by relay" in text
    assert "1 of 2 sentences supported" in text
    assert "1 invented citation removed ([9]) · 1,200 + 80 tokens" in " ".join(text.split())


def test_piped_text_is_not_wrapped() -> None:
    long = Answer("q", "answered", "extractive", (Sentence("word " * 60 + "end.", (1,), (1,), "supported"),))
    console = screen(80, tty=False)
    terminal.answer(long, console)
    assert shown(console).splitlines()[0].endswith("end. [1]")


def test_no_answer_shows_the_reason_and_the_nearest_misses() -> None:
    console = screen(100)
    terminal.answer(UNANSWERED, console)
    assert shown(console).startswith("No answer: no abstract in the library is near enough")
    assert "Closest papers\n- CSKV" in shown(console)
    assert "nothing was written · 40 candidates read" in shown(console)
    assert "**No answer**" in markdown.answer(UNANSWERED)


def test_what_only_the_full_paper_could_settle_is_told() -> None:
    answer = replace(UNANSWERED, named=(Citation(1, "q", "QServe", None, "jsonl", "https://example.org/q"),))
    console = screen(100)
    terminal.answer(answer, console)
    assert "Only the full paper could settle this\n- QServe · jsonl\n  q\n  https://example.org/q" in shown(console)
    assert "## Only the full paper could settle this\n\n- [QServe](https://example.org/q)" in markdown.answer(answer)


def test_a_part_without_evidence_is_told_before_the_rest() -> None:
    answer = replace(ANSWER, why="the library has nothing on “bread”")
    console = screen(100)
    terminal.answer(answer, console)
    assert shown(console).startswith("The library has nothing on “bread”.\n\n• CSKV")
    assert "**The library has nothing on “bread”.**" in markdown.answer(answer)


def outputs() -> Iterator[tuple[str, str]]:
    """Everything that can be printed of hostile text."""
    hostile = Sentence(HOSTILE, (1,), (1,), "partial", (HOSTILE,), (Quote(1, HOSTILE, 0, 9),))
    citation = Citation(1, "id", HOSTILE, None, "jsonl", f"https://x.org/{HOSTILE}")
    answer = Answer(HOSTILE, "partial", HOSTILE, (hostile,), (citation,), nearest=(citation,), why=HOSTILE)
    survey = replace(answer, recall_estimate=0.5, named=(citation,))
    result = SearchResult(1, "id", HOSTILE, None, "jsonl", None, 0.5, 1.0, 0.5, HOSTILE)
    report = IngestReport((Intake(HOSTILE, "jsonl", 1, problems=[Problem(1, HOSTILE)]),), 1, 1, 0.1)
    status = LibraryStatus(HOSTILE, HOSTILE, 1, 0, 1, {HOSTILE: 1}, None, None, 1, HOSTILE, 512, "clean", 1)
    finding = Finding(HOSTILE, "note", HOSTILE, HOSTILE)
    rehearsed = DryRun(HOSTILE, HOSTILE, HOSTILE, (Exchange(HOSTILE, HOSTILE, (citation,), 9, 9),), 9, 9, None, None)
    console = screen(80)
    terminal.answer(answer, console)
    terminal.answer(survey, console)
    terminal.search([result], console)
    terminal.papers([STORED], console)
    terminal.paper(STORED, console)
    holdings.ingest(report, console)
    holdings.status(status, console)
    holdings.findings([finding], console)
    terminal.dry_run(rehearsed, console)
    yield "terminal", shown(console)
    yield (
        "markdown",
        markdown.answer(answer)
        + markdown.answer(survey)
        + markdown.search([result], question=HOSTILE)
        + markdown.papers([STORED]),
    )
    yield "json answer", jsonform.answer(answer, library=HOSTILE)
    yield "json search", jsonform.search([result], question=HOSTILE, library=HOSTILE)
    yield "json papers", jsonform.papers([STORED], library=HOSTILE)
    yield "json status", jsonform.status(status)
    yield "json ingest", jsonform.ingest(report, library=HOSTILE)
    yield "json dry run", jsonform.dry_run(rehearsed, library=HOSTILE)
    yield "json doctor", jsonform.findings([finding], library=HOSTILE)


@pytest.mark.parametrize(("name", "text"), list(outputs()), ids=lambda value: value[:14])
def test_nothing_hostile_reaches_any_output(name: str, text: str) -> None:
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\u200b"}
    if name == "markdown":
        assert "\nforged" not in text
        assert "<script>" not in text.replace("\\<script\\>", "")
        assert "](http://evil)" not in text.replace("\\](http://evil)", "")


def test_markdown_links_only_whole_web_addresses() -> None:
    text = markdown.answer(ANSWER)
    assert "2. [QServe](https://arxiv.org/abs/2405.04532) (jsonl" in text
    assert "1. CSKV: Channel Shrinking (2024-09-16" in text
    assert "*written by relay" in text
    assert "> not supported: says 9x" in text


def test_json_has_the_documented_fields() -> None:
    document = json.loads(jsonform.answer(ANSWER, library="sample"))
    assert document["schema"] == "ask/1"
    assert document["library"] == "sample"
    assert document.keys() >= {
        "question", "status", "writer", "sentences", "citations", "invented", "nearest", "candidates_read", "usage",
        "seconds",
    }  # fmt: skip
    sentence = document["sentences"][0]
    assert sentence.keys() >= {"text", "citations", "verdict", "reasons", "quotes"}
    assert sentence["quotes"] == [{"n": 1, "text": "by 80\\%", "start": 3, "end": 10}]
    assert document["citations"][0]["date"] == "2024-09-16"
    assert document["usage"] == {"prompt_tokens": 1200, "completion_tokens": 80, "estimated": False, "cost": None}


def test_json_keeps_hostile_text_as_escapes_that_read_back() -> None:
    stored = json.loads(jsonform.papers([STORED], library="x"))["papers"][0]
    assert stored["title"] == STORED.paper.title
    assert stored["sources"][0]["line"] == 13


def test_an_ingest_explains_itself() -> None:
    files = (
        Intake("a.txt", "hf-page", records=94, new=80, known=6, repeated=8, problems=[Problem(7, "no title")] * 10),
        Intake("b.tsv", refused="not a format", passed_over=True),
        Intake("c.bin", refused="a binary file", hint="…"),
    )
    console = screen(100)
    holdings.ingest(IngestReport(files, 80, 86, 0.2), console)
    text = shown(console)
    assert "a.txt: 94 records, 80 new, 6 known, 8 repeated" in text
    assert "line 7: no title" in text
    assert "and 2 more lines with problems" in text
    assert "1 other file passed over" in text
    assert "6 known, 80 new; 8 records repeated" in text
    assert "c.bin" not in text


def test_a_paper_shows_what_is_known_and_where_it_came_from() -> None:
    console = screen(100)
    terminal.paper(STORED, console)
    text = shown(console)
    assert "2025-04-29 (year inferred)" in text
    assert "3 authors" in text
    assert "2026-11-20 from seeds/000.txt, line 13 (hf-page)" in text
    assert "doi" not in text


def test_a_flag_in_a_paragraph_says_which_sentence_it_is_of() -> None:
    wrong = Sentence("It is nine times faster than that.", (1,), (1,), "unsupported", ("says 9x",))
    right = Sentence("It is fast.", (1,), (1,), "supported")
    console = screen(100, tty=False)
    terminal.answer(Answer("q", "partial", "m", (right, wrong)), console)
    assert "! not supported, “It is nine times faster …”: says 9x" in shown(console)
    assert "  " not in shown(console).splitlines()[0]


def test_quoting_is_not_called_supported() -> None:
    quoted = Answer("q", "answered", "extractive", (Sentence("It is fast.", (1,), (1,), "supported"),))
    assert "1 sentence, quoted word for word" in markdown.answer(quoted)
    assert "since the model failed" in markdown.answer(replace(quoted, failure="it is down"))
    assert "1 of 1 sentence supported" in markdown.answer(replace(quoted, writer="m"))


def test_a_prompt_in_markdown_is_code_whatever_it_says() -> None:
    said = "# No heading\n\n```\n<script>x</script>\n[a](http://evil)\n\n- no item\n\x1b[2J"
    result = DryRun("q", "m*", "http://x/v1", (Exchange(said, said, (), 9, 9),), 9, 9, Price(1, 2), 0.00002)
    html = str(MarkdownIt().render(markdown.dry_run(result)))
    assert html.count("<pre><code>") == 2
    assert "<script>" not in html
    assert "href" not in html
    assert "<li>" not in html
    assert "\x1b" not in html
    assert html.count("<h1>") == 1
    assert "at most $0.0001 ($1/$2 per million, your price); nothing was sent" in html


def test_an_answer_that_was_kept_or_interrupted_says_so() -> None:
    kept = replace(ANSWER, cached=True, cached_on=date(2026, 1, 31), usage=Usage(0, 0, estimated=False, cost=0.0))
    assert "· from the cache of 2026-01-31 ·" in markdown.answer(kept)
    assert "tokens" not in markdown.answer(kept)
    broken = replace(ANSWER, interrupted=True)
    console = screen(100)
    terminal.answer(broken, console)
    for text in (shown(console), markdown.answer(broken).replace("*", "")):
        assert "Incomplete: it was interrupted here." in text
        assert "incomplete: interrupted while relay wrote" in text


@pytest.mark.parametrize(("amount", "said"), [(0, "$0.00"), (1e-9, "$0.0001"), (0.0123, "$0.0123"), (12.5, "$12.50")])
def test_a_cost_is_never_shown_as_nothing(amount: float, said: str) -> None:
    assert words.dollars(amount) == said


def test_a_sentence_that_only_the_model_finds_supported_says_so() -> None:
    lifted = replace(
        ANSWER.sentences[0], reasons=("the model judges that the quote says it", "only 40%"), checked_by="model"
    )
    answer = replace(ANSWER, sentences=(lifted,))
    told = "supported: the model judges that the quote says it; only 40%"
    console = screen(200)
    terminal.answer(answer, console)
    assert f"! {told}" in shown(console)
    assert f"> {told}" in markdown.answer(answer)
    assert "1 of 1 sentence supported, 1 judged by the model" in shown(console)


EVALUATION = Evaluation(
    library="mine",
    run={"papers": 1_466, "writer": "relay", "k": 8, "rerank": "model"},
    measures=(
        Measure("nDCG@10", None, 12, 0.7684, 0.671, 0.855),
        Measure("nDCG@10", "typo|" + HOSTILE, 2, 1.0, None, None),
        *(Measure(f"recall@{k}", kind, 12, k / 128, 0.1, 0.9) for k in (5, 10, 100) for kind in (None, "typo")),
        Measure("answer found", None, 24, 23 / 24, 0.798, 0.993),
        Measure("stopped", None, 2, 0.5, 0.095, 0.905),
        Measure("answer seconds", None, 26, 1.234, 1.2, 1.3),
        Measure("tokens", None, 20, 2_345.6, 2_000.0, 3_000.0),
    ),
    questions=(Outcome("facts/f1", "", "how?", {}, failure="gone"),),
    seconds=45.67,
    usage=Usage(46_000, 912, True, 0.12),
)
COMPARISON = Comparison(
    "a.json",
    "b.json",
    {"writer": ("extractive", "relay"), "rerank": (None, "model")},
    (
        Difference("nDCG@10", 28, 0.768, 0.75, -0.018, -0.04, 0.004, 0.1234),
        Difference("quote given", 24, 0.9, 0.95, 0.05, 0.01, 0.09, 0.0001),
        Difference("tokens", 3, 100, 100, 0.0, 0.0, 0.0, None),
    ),
)


def in_columns(report: tables.Report) -> str:
    out = screen(80, tty=False)
    terminal.tables(report, out)
    return shown(out)


def test_an_evaluation_is_tables_in_columns_with_kinds_set_in() -> None:
    text = in_columns(tables.evaluation(EVALUATION))
    assert "\x1b" not in text
    rows = text.splitlines()
    heading = next(row for row in rows if row.startswith("retrieval"))
    assert heading.split() == ["retrieval", "queries", "nDCG@10", "95", "%", "recall@5", "recall@10", "recall@100"]
    assert next(row for row in rows if row.startswith("all")).split()[2:4] == ["0.768", "0.671–0.855"]
    kind = next(row for row in rows if row.startswith("  typo|"))
    assert kind.split()[-4:] == ["–", "0.039", "0.078", "0.781"]
    assert next(row for row in rows if row.startswith("fact: in the text")).split()[-4:] == [
        "24", "95.8", "%", "79.8–99.3",
    ]  # fmt: skip
    assert next(row for row in rows if row.startswith("tokens")).split() == ["tokens", "20", "2,346", "2,000–3,000"]
    assert rows[-1] == (
        "mine · 1,466 papers · 1 question · written by relay · k 8 · reranked by model · 45.7 s · "
        "about 46,000 + 912 tokens · 0.1200 US dollars · the model failed on 1 question"
    )


def test_a_comparison_has_a_row_a_metric_and_what_differs_between_the_runs() -> None:
    rows = in_columns(tables.comparison(COMPARISON)).splitlines()
    assert rows[1].split() == ["nDCG@10", "28", "0.768", "0.750", "−0.018", "−0.040", "to", "+0.004", "0.123"]
    assert rows[2].endswith("90.0 %  95.0 %        +5.0      +1.0 to +9.0  <0.001")
    assert rows[3].split() == ["tokens", "3", "100", "100", "0", "0", "to", "0", "–"]
    assert rows[-1] == "writer: extractive → relay; rerank: none → model"


def test_evaluations_in_markdown_are_tables_that_nothing_breaks() -> None:
    page = markdown.tables(tables.evaluation(EVALUATION))
    assert "| all | 12 | 0.768 | 0.671–0.855 | 0.039 | 0.078 | 0.781 |" in page
    assert "<script>" not in page
    assert "typo\\|" in page
    assert {row.replace("\\|", "").count("|") for row in page.splitlines() if row.startswith("|")} == {8, 5}
    assert "| nDCG@10 | 28 | 0.768 | 0.750 | −0.018 |" in markdown.tables(tables.comparison(COMPARISON))


def test_evaluations_in_json_have_their_schema() -> None:
    document = json.loads(jsonform.evaluation(EVALUATION))
    assert (document["schema"], document["library"]) == ("eval/1", "mine")
    assert document["measures"][1]["low"] is None
    assert json.loads(jsonform.comparison(COMPARISON))["differences"][2]["p"] is None
    assert not set(jsonform.evaluation(EVALUATION)) & {"\x1b", "\u202e", "\u200b"}


def test_a_footer_names_a_few_invented_citations_and_counts_all() -> None:
    invented = tuple(f"[{n}]" for n in (*range(90, 1_000), 90))
    text = markdown.answer(replace(ANSWER, invented=invented)).replace("\\", "")
    assert "911 invented citations removed ([90], [91], [92], [93], [94], …)" in text


def test_markdown_shows_addresses_and_sums_as_text() -> None:
    text = markdown.escaped("See https://evil.org/?q=1, www.evil.org and $5 or $6.")
    assert text == "See https\\://evil.org/?q=1, www\\.evil.org and \\$5 or \\$6."
    linked = replace(ANSWER.citations[1], url="https://x.org/`")
    assert "](" not in markdown.answer(replace(ANSWER, citations=(linked,)))


def test_a_long_file_that_was_read_before_is_said_to_be_as_it_was() -> None:
    same = Intake("long.jsonl", "jsonl", skipped=12_000)
    console = screen(120, tty=False)
    holdings.ingest(IngestReport((same,), 0, 12_000, 0.1), console)
    assert shown(console).splitlines() == [
        "long.jsonl: as it was when it was read, 12,000 lines",
        "12,000 lines read before, 0 new. The library holds 12,000 papers.",
    ]
    grown = Intake("long.jsonl", "jsonl", skipped=12_000, records=3, new=2, known=1)
    console = screen(120, tty=False)
    holdings.ingest(IngestReport((grown,), 2, 12_002, 0.1), console)
    told = shown(console)
    assert "12,000 lines read before, 3 records, 2 new, 1 known" in told
    assert "12,000 lines read before, 1 known, 2 new." in told
