import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources.markup import plain


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<jats:p>CO<jats:sub>2</jats:sub> rose.</jats:p>", "CO2 rose."),
        ("a &amp;lt; b &amp; c &#x3b1; &eacute;", "a < b & c α é"),
        ("10<sup>-3</sup> and 10<sup>6</sup>, <sup>99m</sup>Tc", "10^-3 and 10^6, 99mTc"),
        ("<jats:title>Background</jats:title><jats:p>We</jats:p><jats:p>did</jats:p>", "Background: We did"),
        ("<h>x</h> <think> a<b and c>d x<y <EOS>", "<h>x</h> <think> a<b and c>d x<y <EOS>"),
        ("one<br/>two<BR>three", "one two three"),
        ("&lt;i&gt;E. coli&lt;/i&gt; &notanentity; R&D AT&T; p&lt;.05", "E. coli &notanentity; R&D AT&T; p<.05"),
        (
            '<span class="x" style="y">a</span><inline-formula><mml:mi>x</mml:mi></inline-formula>',
            "ax",
        ),
    ],
)
def test_markup_becomes_plain_text(given: str, expected: str) -> None:
    assert plain(given) == expected


@given(st.text("<>&;/ipsub!#x1 \n", max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert len(plain(text)) <= len(text) + text.lower().count("title") * 2


@given(st.text("abc .,<>\n"))
def test_text_without_markup_stays(text: str) -> None:
    inner = text.strip()
    assert plain(inner) == inner or "  " in inner or "<" in inner
