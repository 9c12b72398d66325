"""What people type, over a small library and over the sample."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from assistant.app import Assistant
from assistant.embedders import load
from assistant.errors import LibraryDamaged
from assistant.holdings import Intake
from assistant.library import Library
from assistant.papers import Filters, Found, Paper, Record
from assistant.queries import parse
from assistant.text import phrase

PAPERS = (
    Paper("Fast k-Medoids", "Swapping medoids makes clustering fast.", authors=("Ada Lovelace", "Bo Li")),
    Paper("Overflow", "We mine StackOverflow for answers about overflow errors.", authors=("Bo Li",)),
    Paper("Deep calls", "Deep recursion ends in a stack overflow."),
    Paper("Blood", "Cerebrospinal fluid (CSF) is drawn."),
    Paper("Fluid", "We study cerebrospinal fluid."),
    Paper("Kernels", "FlashAttention tiles attention on a GPU.", date=date(2026, 1, 5)),
    Paper("Kernels again", "A flash of light, and attention is all you need.", date=date(2025, 1, 5)),
    Paper("Grounding", "Retrieval-augmented generation (RAG) grounds answers."),
    Paper("Chunks", "Chunk sizes matter to a RAG system."),
    Paper("Reading first", "We study retrieval augmented generation of answers."),
    Paper("Small weights", r"Quantization of Mélange to 2-bit weights takes $O(n^2)$ with \textsc{TinyQuant}."),
)


@contextmanager
def holding(folder: Path, papers: Sequence[Paper]) -> Iterator[Library]:
    with Library(folder, embedder=lambda: load("bundled"), create=True) as made:
        with made.writing() as writer:
            records = [Record(paper, n) for n, paper in enumerate(papers, 1)]
            writer.add(records, Intake("papers.jsonl", "jsonl"), day=date(2026, 1, 31))
            writer.index()
        yield made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with holding(tmp_path_factory.mktemp("wording"), PAPERS) as made:
        yield made


TYPED = (
    Paper("Hands", "A flash, a flash and a flash again show a hand in the dark: a flash with attention to fingers."),
    Paper("Kernel", "FlashAttention tiles it."),
    Paper("Smooth: what deep graphs lose", "Over-smoothing is what depth brings."),
    Paper("Deep graphs", "Depth brings over-smoothing to graphs, and we mend it."),
    Paper("Graphs", "We measure oversmoothing."),
    Paper("Third", "We segment with SAM 3."),
    Paper("Scaling at the time of the test", "Test-time compute scales."),
    Paper("Grading", "A mixture of experts, of which one is augmented. D, the second, is not."),
    Paper("Deep learning of cloning", "Behavior cloning of the colour of centers."),
    Paper("Letters", "A generative way to generate and to augment models. The model ss is one."),
    *(Paper(f"Agents {n}", f"Multi-agent planning, the {n}th.") for n in range(4)),
    Paper("Joint", "A multiagent note."),
    *(Paper(f"Language {n}", f"A language model of kind {n} for language.") for n in range(12)),
    Paper("Speech", "A langauge corpus of speech."),
    Paper("A comment on deep graphs", "Deep graphs, deep graphs, deep graphs: depth of deep graphs."),
)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with holding(tmp_path_factory.mktemp("typed"), TYPED) as made:
        yield made


def find(library: Library, question: str) -> Found:
    return library.find(parse(question, today=date(2026, 1, 31)), limit=len(TYPED))


def titles(library: Library, question: str) -> list[str]:
    return [passage.found.paper.title for passage in find(library, question).passages]


def by_words(library: Library, question: str) -> list[str]:
    """Titles of those found by words alone."""
    text = find(library, question).question
    found = library.search(text, limit=len(PAPERS), side="lexical")
    return [passage.found.paper.title for passage in found]


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("fast mediods", "fast medoids"),
        ("kmedoids", "k medoids"),
        ("quantizaton weigths", "quantization weights"),
        ("flashatention", "flashattention"),
        ("2bit weights", "2 bit weights"),
    ],
)
def test_a_word_that_no_abstract_has_is_mended_and_told(library: Library, typed: str, searched: str) -> None:
    found = find(library, typed)
    assert found.question == searched
    wrong, right = typed.split()[-1], searched.split()[-1]
    assert any(f"no abstract has “{wrong}”" in notice for notice in found.notices) or wrong == right


def test_the_notice_shows_words_and_no_stems(library: Library) -> None:
    assert find(library, "mediods").notices == ("no abstract has “mediods”; searched for “medoids”",)


def test_short_names_and_words_of_the_bundled_vocabulary_are_no_mistakes(library: Library) -> None:
    assert find(library, "answers to erors").question == "answers to errors"
    assert find(library, "answers to Erors").question == "answers to Erors"
    assert find(library, "answers are taekes").question == "answers are takes"
    assert find(library, "answers are taken").question == "answers are taken"


@pytest.mark.parametrize("question", ["clustering medoids", "which medoids?", "caching of Medusa", "LLaMA"])
def test_known_words_and_names_unlike_any_stay(library: Library, question: str) -> None:
    assert find(library, question).question == question
    assert find(library, question).notices == ()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("stack overflow", "Overflow"),
        ("flash attention", "Kernels"),
        ("k medoids", "Fast k-Medoids"),
        ("k-medoids", "Fast k-Medoids"),
        (r"M\'elange", "Small weights"),
        ("Melange", "Small weights"),
        ("$O(n^2)$", "Small weights"),
        (r"\textsc{TinyQuant}", "Small weights"),
        ("2-bit", "Small weights"),
        ("2 bit", "Small weights"),
    ],
)
def test_however_it_is_written_the_paper_is_found(library: Library, question: str, title: str) -> None:
    assert title in by_words(library, question)


def test_words_are_joined_and_names_taken_apart_as_abstracts_write_them(library: Library) -> None:
    assert by_words(library, "tiny quant") == ["Small weights"]
    assert set(by_words(library, "StackOverflow")) == {"Overflow", "Deep calls"}


def test_a_part_of_a_longer_name_is_no_short_form(library: Library) -> None:
    assert set(by_words(library, "CSF")) == {"Blood", "Fluid"}
    assert by_words(library, "G-CSF") == ["Blood"]


def test_a_short_form_finds_what_only_writes_it_out_and_the_other_way_round(library: Library) -> None:
    assert set(by_words(library, "RAG")) == {"Grounding", "Chunks", "Reading first"}
    assert "Chunks" in by_words(library, "retrieval-augmented generation")
    assert "Reading first" not in by_words(library, "chunk")


def test_an_abstract_brings_in_one_short_form_of_its_own_for_a_long_one(library: Library) -> None:
    wording = library._fresh_searcher()._wording
    assert wording is not None
    hostile = " ".join(f"reinforcement learning ({form})" for form in ("RL", "Rlea", "Rtlean", "Reinl", "Rnlg"))
    plain = wording.wanted("does reinforcement learning help")
    assert len(wording.wanted("does reinforcement learning help", [hostile])) == len(plain) + 1


def test_a_quoted_phrase_must_stand_there_in_some_spelling(library: Library) -> None:
    assert titles(library, '"retrieval-augmented generation"') == titles(library, '"Retrieval Augmented" generation')
    assert set(titles(library, '"flash attention" kernels')) == {"Kernels"}
    assert titles(library, '"attention is all you need"') == ["Kernels again"]
    assert find(library, '"all attention" kernels').why_nothing == "no abstract in the library has “all attention”"


def test_what_mentions_an_excluded_word_is_left_out(library: Library) -> None:
    everything = set(titles(library, "attention kernels"))
    assert set(titles(library, "attention kernels -flashattention")) == everything - {"Kernels"}
    assert set(titles(library, 'attention -"flash attention" -rag')) == everything - {"Kernels", "Grounding", "Chunks"}


def test_filters_in_the_question_filter(library: Library) -> None:
    assert titles(library, "kernels since:4w") == ["Kernels"]
    assert titles(library, "kernels until:2025") == ["Kernels again"]
    assert set(titles(library, "answers author:bo")) == {"Fast k-Medoids", "Overflow"}
    assert titles(library, 'answers author:bo author:"ada lovelace"') == ["Fast k-Medoids"]
    assert titles(library, "answers source:hf-page") == []


@pytest.mark.parametrize("question", ["xqzt blorf", "注意力机制", "внимание"])
def test_a_question_in_no_known_word_finds_nothing_and_says_so(library: Library, question: str) -> None:
    found = find(library, question)
    assert (found.passages, found.why_nothing) == ((), "no abstract in the library has any word of the question")


def test_phrases_are_not_ignored_where_they_cannot_be_looked_up(library: Library, tmp_path: Path) -> None:
    with Library(tmp_path / "lib", embedder=lambda: load("bundled"), create=True) as lost:
        with lost.writing() as writer:
            writer.add([Record(PAPERS[0], 1)], Intake("papers.jsonl", "jsonl"), day=date(2026, 1, 31))
            writer.index()
        (tmp_path / "lib" / "lexical" / "meta.json").write_text("{")
        assert titles(lost, "mediods") == ["Fast k-Medoids"]
        with pytest.raises(LibraryDamaged, match="phrases cannot be looked up"):
            lost.search("medoids", limit=1, without=("flash",))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("W4A8KV4 quantization", "QServe"),
        ("2bit inference on GPUs", "Enabling Fast 2-bit LLM"),
        ("2 bit LLM inference on GPUs", "Enabling Fast 2-bit LLM"),
        (r"M\'elange GPU allocation", "Mélange"),
        (r"\textsc{FlashAttention} parallelism", "FlashAttention-2"),
        ("flashatention paralelism", "FlashAttention-2"),
        ("stack overflow ChatGPT robustness", "Can ChatGPT replace StackOverflow"),
        ("kmedoids clustering", "Fast"),
    ],
)
def test_papers_of_the_sample_are_found_as_people_type_them(sample: Assistant, question: str, title: str) -> None:
    assert any(one.title.startswith(title) for one in sample.search(question, k=2))


def test_an_answer_is_to_the_question_without_operators(sample: Assistant) -> None:
    plain = sample.ask("which papers reduce KV cache memory?")
    narrowed = sample.ask('which papers reduce "KV cache" memory? -CSKV', filters=Filters(source="hf-page"))
    assert narrowed.question.endswith("-CSKV")
    assert narrowed.status == "answered"
    assert any(citation.title.startswith("CSKV") for citation in plain.citations)
    assert not any(citation.title.startswith("CSKV") for citation in narrowed.citations)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("flash attention", "Kernel"),  # the name counts for both words, or a rare “flash” would win
        ("SAM3", "Third"),
        ("behaviour cloning", "Deep learning of cloning"),
        ("color of centres", "Deep learning of cloning"),
        ("deep graphs", "Deep graphs"),
        ("Smooth", "Smooth: what deep graphs lose"),
    ],
)
def test_the_paper_that_is_meant_comes_first(typed: Library, question: str, title: str) -> None:
    assert titles(typed, question)[0] == title


def test_words_are_taken_apart_where_more_abstracts_write_them_so(typed: Library) -> None:
    assert set(by_words(typed, "oversmoothing")) == {"Graphs", "Deep graphs", "Smooth: what deep graphs lose"}
    assert find(typed, "themixture").question == "themixture"  # one word and a stop word are no two words


def test_what_is_longer_than_words_run_together_stays(typed: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.wording.LONGEST", 10)
    assert find(typed, "testtimecompute").question == "testtimecompute"


def test_the_few_that_write_a_word_otherwise_are_not_found_first(typed: Library) -> None:
    found = by_words(typed, "multi agent planning")
    assert set(found) == {"Joint", *(f"Agents {n}" for n in range(4))}
    assert found[-1] == "Joint"


def test_neighbours_that_an_abstract_joins_count_together(typed: Library) -> None:
    wording = typed._fresh_searcher()._wording
    assert wording is not None
    one = phrase("flashattention")
    *single, both = wording.wanted("flash attention")
    assert [set(ways) for ways in single] == [{phrase("flash"), one}, {phrase("attention"), one}]
    assert set(both) == {phrase("flash attention"), one}


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("testtimecompute", "test time compute"),
        ("mixtureofexperts", "mixture of experts"),
        ("augmentd", "augmented"),
        ("modelss", "models"),  # not “model ss”, which stands there too
        ("generatve", "generative"),
        ("languagge", "language"),
    ],
)
def test_a_mistake_is_mended_before_words_are_taken_apart(typed: Library, question: str, searched: str) -> None:
    found = find(typed, question)
    assert (found.question, found.notices) == (searched, (f"no abstract has “{question}”; searched for “{searched}”",))


def test_a_mistake_that_a_few_abstracts_make_too_is_mended_and_can_be_quoted(
    typed: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find(typed, "langauge").question == "langauge"
    monkeypatch.setattr("assistant.library.wording.RARER", 13)
    assert find(typed, "langauge").question == "langauge"  # 12 have “language”
    monkeypatch.setattr("assistant.library.wording.RARER", 12)
    found = find(typed, "langauge corpus")
    assert found.question == "language corpus"
    assert found.notices == ("few abstracts have “langauge”; searched for “language” (as typed: in quotation marks)",)
    assert titles(typed, '"langauge"') == ["Speech"]
    assert find(typed, "the Langauge corpus").question == "the Langauge corpus"  # a name may be rare


def test_a_phrase_in_a_spelling_of_the_other_side_of_the_atlantic_is_the_phrase(typed: Library) -> None:
    assert titles(typed, '"behaviour cloning"') == titles(typed, '"color of centres"') == ["Deep learning of cloning"]
    assert "Deep learning of cloning" not in titles(typed, "deep graphs -behaviour")


def test_a_phrase_that_is_misspelt_says_which_was_meant(typed: Library) -> None:
    why = find(typed, '"test tmie compute"').why_nothing
    assert why == "no abstract in the library has “test tmie compute”"
    why = find(typed, '"mixture of expets"').why_nothing
    assert why == "no abstract in the library has “mixture of expets”; some have “mixture of experts”"


@pytest.mark.parametrize("question", ["the of and", "???", '""', "🤖"])
def test_a_question_without_a_word_to_look_for_says_so(typed: Library, question: str) -> None:
    assert find(typed, question).why_nothing == "the question has no word to look for"


def test_a_question_that_is_a_papers_id_is_one_for_its_title(sample: Assistant) -> None:
    known = next(paper for paper in sample.library.papers() if "fp4" in paper.paper_id)
    found = find(sample.library, known.paper_id)
    assert found.passages[0].found == known
    assert f"{known.paper_id} is “{known.paper.title}”; searched for its title" in found.notices[0]
    assert find(sample.library, "2-bit").notices == ()


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("kernels author:vaswani", "no paper of the library is by “vaswani”"),
        ("kernels author:vaswani tag:x", "no paper of the library is by “vaswani” or tagged “x”"),
        (
            "kernels since:2027",
            "no paper of the library is of 2027-01-01 or later (they are of 2025-01-05 to 2026-01-05)",
        ),
        ("kernels author:lovelace since:2025", "no paper of the library meets all the conditions together"),
        ('"flash attention" -gpu', "no paper of the library meets the conditions and has a word of the question"),
    ],
)
def test_conditions_that_leave_nothing_are_named(library: Library, question: str, why: str) -> None:
    assert (find(library, question).passages, find(library, question).why_nothing) == ((), why)
