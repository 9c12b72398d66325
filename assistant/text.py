"""What text is made of: sentences, terms, tokens, chunks. All functions are pure and know no library.

Spans are (start, end) character offsets into the text given, so that a quote can point into a stored abstract.
"""

import hashlib
import math
import os
import re
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

Span = tuple[int, int]
Phrase = tuple[tuple[int, str], ...]  # index terms and their places

MAX_SENTENCE = 1_200  # characters; what has no full stop for longer than this is cut at a space

_ABBREVIATION = re.compile(
    r"(?i:\b(?:e\.g|i\.e|et al|al|vs|cf|resp|approx|ca|dr|prof|mr|mrs|ms|viz|incl|dept|univ|inc|ltd|jr|sr))\.$"
    r"|\b[A-Za-z]\.[A-Za-z]\.$|(?:^|[\s(])[A-Z]\.$"
)
_BEFORE_NUMBER = re.compile(r"(?i:\b(?:figs?|eqs?|secs?|tabs?|refs?|nos?|vol|pp?|ch))\.$")
# A sentence ends at . ! ? (and closing quotes or brackets) before white space and something that can begin one,
# or before an item such as "(2) We": abstracts lose the space there.
_END = re.compile(
    r"[.!?][\"'”’)\]]*(?=\s+(?:[\"'“‘(\[\\]*[A-Z0-9\u00c0-\u00de]|[\"'“‘(\[]*[a-z]+[A-Z]|[\"'“‘(\[\\]*[^\x00-\x7f])"
    r"|\(\w{1,3}\)\s|\s*$)|[。！？]"
)
_NUMBER_NEXT = re.compile(r"\s*\d")
_PLAIN = re.compile(r"[a-z0-9]+|[^\W_]")


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of `text`, in order, without surrounding white space; together they hold every
    character that is not white space."""
    spans, start = [], 0
    for match in _END.finditer(text):
        before = text[max(start, match.start() - 12) : match.start() + 1]
        if _ABBREVIATION.search(before) or (_BEFORE_NUMBER.search(before) and _NUMBER_NEXT.match(text, match.end())):
            continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return [piece for span in spans for piece in _trimmed(text, span)]


def _trimmed(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MAX_SENTENCE:
        cut = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        cut = cut if cut > 0 else start + MAX_SENTENCE
        yield start, cut
        start = cut + (text[cut] == " ")
    if end > start:
        yield start, end


ANALYZER = "paper_en_2"  # changes with what is indexed of a text and how, so that an index made before is known as old
WORDS_ANALYZER = "paper_words_1"


@lru_cache(maxsize=1)
def analyzer() -> "tantivy.TextAnalyzer":
    """The one way text becomes terms, for the lexical index and for the checks alike: split at what is neither
    letter nor digit, lower case, accents folded, English stop words dropped, Snowball English stems."""
    import tantivy

    build = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(80),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stopword("english"),
        tantivy.Filter.stemmer("english"),
    ):
        build = build.filter(step)
    return build.build()


@lru_cache(maxsize=1)
def words_analyzer() -> "tantivy.TextAnalyzer":
    """Text as its words, as they are written but for case and accents: what a misspelt one may have been meant for."""
    import tantivy

    build = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(40), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        build = build.filter(step)
    return build.build()


# Plurals of acronyms, which the stemmer takes for words of their own, also in lower case where no vowel tells them
# from words; and British spellings, but of words whose stem has another form in -ision (supervise, supervision).
_PLURAL = re.compile(r"\b(?:([A-Z]{2,})s|((?i:[b-df-hj-np-tv-xz]{3,}|[cgnt]pu))s)\b")
_BRITISH = re.compile(
    r"\b(?!(?:\w*superv|\w*prec|rev|conc|dev|telev|surpr|compr|adv|\w*prom|exerc|improv|enterpr|expert|franch)is)"
    r"([A-Za-z]{3,})is(?=(?:e|es|ed|ing|ation|ations|er|ers)\b)"
)


def spelled(text: str) -> str:
    """`text` for the analyzer: `LLMs` and `llms` as `LLM`, `optimise` as `optimize`."""
    return _BRITISH.sub(r"\1iz", _PLURAL.sub(lambda match: match[1] or match[2], text))


# Other words that Britons and Americans write unlike. What is indexed stays as it is written; a question asks for both.
_OUR = re.compile(
    r"\b((?:mis)?behavi|(?:dis|re)?col|(?:dis)?fav|flav|harb|hon|hum|lab|neighb|rum|tum|vap|arm|rig|vig|od|endeav|splend|sav)"
    r"(ou?r)",
    re.IGNORECASE,
)
_PAIRS = (
    ("centre", "center"), ("centred", "centered"), ("fibre", "fiber"), ("metre", "meter"), ("theatre", "theater"),
    ("calibre", "caliber"), ("analyse", "analyze"), ("analysed", "analyzed"), ("analysing", "analyzing"),
    ("catalogue", "catalog"), ("dialogue", "dialog"), ("analogue", "analog"), ("defence", "defense"),
    ("licence", "license"), ("artefact", "artifact"), ("labelled", "labeled"), ("labelling", "labeling"),
    ("modelling", "modeling"), ("modelled", "modeled"), ("signalling", "signaling"), ("programme", "program"),
    ("grey", "gray"), ("sceptic", "skeptic"), ("ageing", "aging"), ("judgement", "judgment"), ("sulphur", "sulfur"),
    ("paediatric", "pediatric"), ("haemo", "hemo"), ("anaemia", "anemia"), ("leukaemia", "leukemia"),
)  # fmt: skip
_OTHER = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_PAIRED = re.compile(rf"\b(?:{'|'.join(sorted(_OTHER, key=len, reverse=True))})", re.IGNORECASE)


def respelt(text: str) -> set[str]:
    """`text` as it is written on the other side of the Atlantic, where that is another text: behaviour, behavior."""
    other = _OUR.sub(lambda match: match[1] + ("or" if len(match[2]) == 3 else "our"), text)
    other = _PAIRED.sub(lambda match: _OTHER[match[0].lower()], other)
    return {other} - {text}


def plain_words(text: str) -> list[str]:
    """The words of a text in small letters, as they are written; a letter of a script without spaces is a word."""
    return _PLAIN.findall(text.casefold())


def terms(text: str) -> list[str]:
    """The index terms of `text`, in order, repeats kept."""
    return analyzer().analyze(spelled(text))


def is_title(text: str, title: str) -> bool:
    """Whether `text` is `title`, or what stands there before a colon, however its words are joined: “sam3”, “SAM 3:
    Segment Anything with Concepts”."""
    asked = "".join(terms(text))
    return bool(asked) and asked in ("".join(terms(title)), "".join(terms(title.partition(": ")[0])))


# Words a question is asked with, not about; as index terms. (The analyzer has dropped "the", "is", "of" already.)
_ASKING = (
    "which what who whom whose where when why how do does did done has have had can could should would may might "
    "must shall about any some from than there here you your i my me we our us he she them paper papers study "
    "studies article articles show shows tell explain describe list find give please many much ever"
)


@lru_cache(maxsize=1)
def _asking() -> frozenset[str]:
    return frozenset(terms(_ASKING))


def only_asks(text: str) -> bool:
    """Whether no word of `text` is one that it is about: “what is it?”."""
    return all(term in _asking() for term in terms(text))


def written(name: str) -> set[str]:
    """The ways that `name` may be written: as it is, together (GPT5), letters and digits apart (GPT 5)."""
    return {name, re.sub(r"[\W_]+", "", name), re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", name)}


def spellings(name: str) -> set[tuple[str, ...]]:
    """The index terms of `name` in the ways it may be written. Names without terms, such as “The”, have none."""
    return {words for one in written(name) if (words := tuple(terms(one)))}


_RUN = re.compile(r"[^\W_]+")


def phrase(text: str) -> Phrase:
    """The index terms of `text` with their places among its words, from 0; stop words have a place and no term."""
    placed = [(n, term) for n, word in enumerate(_RUN.findall(spelled(text))) for term in analyzer().analyze(word)]
    return tuple((n - placed[0][0], term) for n, term in placed)


def content_terms(question: str) -> list[str]:
    """The distinct index terms that `question` is about, in order; all of them where it is made of asking words."""
    distinct = list(dict.fromkeys(terms(question)))
    return [term for term in distinct if term not in _asking()] or distinct


_PIECE = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]")


def estimate_tokens(text: str) -> int:
    """An upper estimate of how many tokens a model's tokenizer makes of `text`, with no vocabulary at hand.

    max(characters / 4, word, digit and punctuation pieces) x 1.2: measured against cl100k on 406 abstracts,
    characters / 4 is 1.00 to 1.67 of the true count, and pieces cover LaTeX, tables and Chinese.
    """
    pieces = len(_PIECE.findall(text))
    return math.ceil(max(len(text) / 4, pieces) * 1.2)


# tiktoken's file of each encoding: where it comes from and its digest (tiktoken_ext/openai_public.py, 0.14).
ENCODINGS = {
    "o200k_base": (
        "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}


def encoding_is_local(name: str) -> bool:
    """Whether tiktoken can load `name` without the network: its cached file is there and whole."""
    if name not in ENCODINGS:
        return False
    url, digest = ENCODINGS[name]
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    path = Path(folder or Path(tempfile.gettempdir()) / "data-gym-cache") / hashlib.sha1(url.encode()).hexdigest()
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False


@lru_cache(maxsize=8)
def _encoding(model: str) -> "object | None":
    import tiktoken

    try:
        name = tiktoken.encoding_name_for_model(model)
    except KeyError:
        return None
    return tiktoken.get_encoding(name) if encoding_is_local(name) else None


def count_tokens(text: str, *, model: str = "") -> int:
    """Tokens of `text` for `model`: tiktoken's count where it knows the model and its file is on this machine
    (it would fetch it otherwise, with no timeout), else `estimate_tokens`."""
    encoding = _encoding(model) if model else None
    if encoding is None:
        return estimate_tokens(text)
    return len(encoding.encode_ordinary(text))  # type: ignore[attr-defined]


def chunk_spans(text: str, *, max_tokens: int) -> list[Span]:
    """Spans of consecutive whole sentences of `text`, each at most `max_tokens` (estimated) where a sentence is
    not longer by itself; together they hold every sentence. Empty text has one empty span."""
    spans: list[Span] = []
    size = 0
    for start, end in sentences(text):
        tokens = estimate_tokens(text[start:end])
        if spans and size + tokens <= max_tokens:
            spans[-1] = (spans[-1][0], end)
            size += tokens
        else:
            spans.append((start, end))
            size = tokens
    return spans or [(0, 0)]
