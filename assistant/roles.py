"""What a sentence of an abstract is there for, by its words: the paper's own word, a finding, a remark that leans on
the sentence before it, a link to code."""

import re

BACKGROUND = 0.4  # the share of an abstract over which its own word sets in

_OWN = re.compile(
    r"\b(?:we|our|this (?:paper|work|study|survey)|(?:experiments?|evaluations?|(?:experimental )?results?)"
    r"(?: \w+){0,3} (?:show|demonstrate|reveal|indicate|suggest|confirm|find)s?)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:however|existing|prior|previous(?:ly)?|current(?:ly)?|recent(?:ly)?|traditional(?:ly)?|conventional|"
    r"challeng\w+|suffers?|struggles?|remains?|typically|often|although)\b",
    re.IGNORECASE,
)
_FINDING = re.compile(
    r"\b(?:finds?|findings?|found|shows?|reveals?|demonstrates?|observed?s?|outperforms?|achieves?|improves?|reduces?|"
    r"concludes?|leads? to)\b",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"(?:these|those|such|it|they|its|their|this(?! (?:paper|work|study|survey|article))|second(?:ly)?|third(?:ly)?|"
    r"finally|moreover|furthermore|additionally|meanwhile|however|therefore|thus|hence|consequently|building (?:up)?on|"
    r"in contrast|to this end|as a result|for (?:example|instance)|"
    r"to (?:address|tackle|overcome|solve) (?:this|these|the above))\b(?!-)"
    r"|\(?(?:[2-9]|ii+|iv)\)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"https?://|\bcode (?:can be|is) found\b|\b(?:code|data(?:sets?)?|models?|project page)\b.{0,40}\bavailable\b"
    r"(?=\s*[.:]?$|\s+(?:at|on|from|under|here|online|via)\b)"
    r"|\b(?:release|open-?source)\b.{0,30}\b(?:our|the|all|its)\b.{0,20}\b(?:code|artifacts?|implementation)\b",
    re.IGNORECASE,
)


def own_word(text: str, *, at: int, of: int) -> float:
    """How far the sentence at position `at` of `of` is the paper's own word: 0 for background, 1 for what it did or
    found. Abstracts begin with background, and then say “we”."""
    if _OWN.search(text):
        return 1.0
    return min(1.0, at / (of * BACKGROUND)) * (0.5 if _OTHERS.search(text) else 1.0)


def is_finding(text: str) -> bool:
    return bool(_FINDING.search(text))


def leans(text: str) -> bool:
    """Whether it begins with a word that needs the sentence before it: “These models …”, “Second, we …”."""
    return bool(_LEANING.match(text))


def is_link(text: str) -> bool:
    """Whether it only says where code or data are."""
    return bool(_LINK.search(text))
