"""HTML, JATS and MathML in titles and abstracts, as publishers hand them on: out comes plain text."""

import html
import re
from html.entities import html5

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Only what is known to be markup: `<think>` in an abstract is a word of it, and so is `a <b and c> d`.
_BLOCKS = "p|br|div|sec|list|list-item|li|ul|ol|disp-formula|blockquote|hr|abstract"
_INLINE = (
    "i|b|u|em|strong|italic|bold|underline|monospace|roman|sans-serif|sc|scp|small|tt|code|span|font|a|ext-link|xref|sub|"
    "sup|inf|inline-formula|inline-graphic|alternatives|tex-math|styled-content|named-content|math|mrow|mi|mn|mo|ms|mtext|"
    "mspace|msub|msup|msubsup|mfrac|msqrt|mroot|mover|munder|munderover|mfenced|mtable|mtr|mtd|mstyle|mpadded|menclose|"
    "mphantom|semantics|annotation"
)
_ATTRIBUTES = r"""(?:\s+[\w:.-]{1,50}="[^"<>]{0,1000}"|\s+[\w:.-]{1,50}='[^'<>]{0,1000}'){0,20}"""
_TAG = re.compile(rf"<(/?)(?:jats:|mml:)?(?:({_BLOCKS})|(title)|{_INLINE}){_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_POWER = re.compile(r"(?<=\d)<(?:jats:)?sup>(?=[-+−–]?\d)", re.IGNORECASE)
_HEADING = re.compile(
    r"^\s*(?:<(?:jats:)?(?:sec|title)>\s*)*<(?:jats:)?title>\s*(?:abstract|summary)\s*</(?:jats:)?title>", re.I
)


def plain(text: str) -> str:
    """`text` without the tags of HTML, JATS and MathML and with characters for entities, also where these were escaped
    twice: `<jats:p>CO<jats:sub>2</jats:sub> &amp;lt; 10<sup>-3</sup></jats:p>` → `CO2 < 10^-3`. The title of a section
    gets a colon, and the heading “Abstract” is left out."""
    for _ in range(2):
        text = _ENTITY.sub(_character, text)
    if "<" not in text:
        return text
    text = _POWER.sub("^", _HEADING.sub("", text))
    return re.sub(r"[ \t]{2,}", " ", _TAG.sub(_replaced, text)).strip()


def _character(match: re.Match[str]) -> str:
    return html.unescape(match[0]) if match[0][1] == "#" else html5.get(match[0][1:], match[0])


def _replaced(match: re.Match[str]) -> str:
    if match[3]:
        return ": " if match[1] else " "
    return " " if match[2] else ""
