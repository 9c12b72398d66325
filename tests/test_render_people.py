import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.render.people import Name, taken_apart


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Ada Lovelace", Name("Lovelace", "Ada")),
        ("Lovelace, Ada", Name("Lovelace", "Ada")),
        ("Ludwig van Beethoven", Name("Beethoven", "Ludwig", "van")),
        ("van der Berg, Jan", Name("Berg", "Jan", "van der")),
        ("María de la Cruz Gómez", Name("Cruz Gómez", "María", "de la")),
        ("Moreno D'Incà", Name("D'Incà", "Moreno")),
        ("Hal Daumé III", Name("Daumé", "Hal", suffix="III")),
        ("Daumé, III, Hal", Name("Daumé", "Hal", suffix="III")),
        ("Daumé, Hal, III", Name("Daumé", "Hal", suffix="III")),
        ("Robert W. Heath, Jr.", Name("Heath", "Robert W.", suffix="Jr.")),
        ("J. R. R. Tolkien", Name("Tolkien", "J. R. R.")),
        ("bell hooks", Name("hooks", "bell")),
        ("Van Nguyen", Name("Nguyen", "Van")),
        ("张三", Name(whole="张三")),
        ("Plato", Name(whole="Plato")),
        ("ATLAS Collaboration", Name(whole="ATLAS Collaboration")),
        ("the UUSIC25 Challenge Consortium", Name(whole="the UUSIC25 Challenge Consortium")),
        ("Team Hunyuan3D", Name(whole="Team Hunyuan3D")),
        ("Smith and Wesson", Name(whole="Smith and Wesson")),
        ("Procter & Gamble", Name(whole="Procter & Gamble")),
        ("A, B, C, D", Name(whole="A, B, C, D")),
        (r"Erwin Schr\"odinger", Name("Schrödinger", "Erwin")),
        (" , ", None),
        ("", None),
    ],
)
def test_a_name_is_taken_apart(author: str, name: Name | None) -> None:
    assert taken_apart(author) == name


@given(st.text(st.sampled_from("aA, .-{}'\\&né\u200b\n")))
def test_no_letter_of_a_name_is_lost(author: str) -> None:
    name = taken_apart(author)
    letters = (
        sorted(filter(str.isalpha, "".join((name.family, name.given, name.particle, name.suffix, name.whole))))
        if name
        else []
    )
    from assistant.cleaning import clean, one_line

    assert letters == sorted(filter(str.isalpha, clean(author) or one_line(author)))
