import pytest

from assistant.sources.people import first_name_first, full_name, without_affiliations


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("van der  Berg, Jan", "Jan van der Berg"),
        ("Ford, Jr, Henry", "Henry Ford Jr"),  # as BibTeX has it
        ("Ford, Henry, Jr.", "Henry Ford Jr."),  # as RIS has it
        ("King, Martin Luther, PhD", "Martin Luther King PhD"),
        ("Ford, Jr", "Ford Jr"),
        ("Plato", "Plato"),
        ("Lovelace, Ada,", "Ada Lovelace"),
        ("Group, of, four, parts", "Group, of, four, parts"),
        (", ,", ""),
    ],
)
def test_names_are_turned_round(given: str, name: str) -> None:
    assert first_name_first(given) == name


def test_the_parts_of_a_name_that_are_there_make_it() -> None:
    assert full_name("Ada", None, " ", 7, " Lovelace ") == "Ada Lovelace"
    assert full_name(None, "") is None


def test_affiliations_are_left_out() -> None:
    assert without_affiliations("Ada L. (1), Bob K. (MIT (CSAIL))") == "Ada L., Bob K."
