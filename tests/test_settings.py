from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import SYNC, VARIABLES, Followed, Settings, load


def test_flags_weigh_more_than_environment_file_and_defaults(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('model = "from-file"\nk = 3\nembedder = "model2vec:/x"\n')
    environment = {"ASSISTANT_CONFIG": str(config), "ASSISTANT_MODEL": "from-environment", "ASSISTANT_K": "4"}
    chosen = load({"k": 5, "library": None}, environment)
    assert (chosen.k, chosen.model, chosen.embedder, chosen.timeout) == (5, "from-environment", "model2vec:/x", 120.0)


def test_prices_and_limits_are_numbers() -> None:
    chosen = load({"max_cost": 0.5}, {"ASSISTANT_PRICE": " 0.15 / 0.60 ", "ASSISTANT_MAX_TOKENS_TOTAL": "9000"})
    assert (chosen.price, chosen.max_cost, chosen.max_tokens_total, chosen.cache) == ((0.15, 0.6), 0.5, 9_000, "on")


def test_an_empty_variable_counts_as_not_set() -> None:
    chosen = load({"model": "", "library": " "}, {"OPENAI_BASE_URL": "", "OPENAI_API_KEY": "  ", "ASSISTANT_MODEL": ""})
    assert (chosen.base_url, chosen.api_key, chosen.model, chosen.library) == (None, None, None, None)


def test_a_flag_that_is_no_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="no setting “modle”"):
        load({"modle": "x"}, {})


def test_a_relative_home_stays_where_it_was_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({}, {"ASSISTANT_HOME": "data"}).home == tmp_path / "data"
    assert load({}, {"ASSISTANT_HOME": "~nobody-of-this-name/x"}).home == tmp_path / "~nobody-of-this-name/x"


def test_the_keys_are_stripped_and_never_shown() -> None:
    chosen = load({}, {"OPENAI_API_KEY": "sk-secret\n", "CHROMA_API_KEY": " ck-secret"})
    assert (chosen.api_key, chosen.store_key) == ("sk-secret", "ck-secret")
    assert "secret" not in repr(chosen)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ASSISTANT_K": "many"}, "k (from ASSISTANT_K) must be a number"),
        ({"ASSISTANT_K": "0"}, "must be from 1 to 200"),
        ({"ASSISTANT_TIMEOUT": "-1"}, "more than 0 seconds"),
        ({"ASSISTANT_JUDGE": "perhaps"}, "judge (from ASSISTANT_JUDGE) must be yes or no, not “perhaps”"),
        ({"OPENAI_BASE_URL": "localhost:8000"}, "not an http address"),
        ({"OPENAI_BASE_URL": "http://a:b:c/v1"}, "not an http address"),
        ({"OPENAI_API_KEY": "two words"}, "a character no key has"),
        ({"CHROMA_API_KEY": "two words"}, "a character no key has"),
        ({"ASSISTANT_STORE": "localhost:8000"}, "store (from ASSISTANT_STORE) is no place for vectors"),
        ({"ASSISTANT_STORE": "http://me:hunter2@host:8000"}, "is no place for vectors: host:8000"),
        ({"ASSISTANT_STORE": "http://host:8000/?key=x"}, "is no place for vectors"),
        ({"ASSISTANT_STORE": "http://host:99999"}, "is no place for vectors"),
        ({"ASSISTANT_STORE": "cloud:tenant"}, "is no place for vectors"),
        ({"ASSISTANT_STORE": "cloud:../x"}, "is no place for vectors"),
        ({"ASSISTANT_STORE": "cloud:x/.."}, "is no place for vectors"),
        ({"ASSISTANT_STORE": "cloud:a/../b"}, "is no place for vectors"),
        ({"ASSISTANT_CONFIG": "/nowhere/config.toml"}, "no such file"),
        ({"ASSISTANT_PRICE": "0.15"}, "price (from ASSISTANT_PRICE) is no price: 0.15"),
        ({"ASSISTANT_PRICE": "a/b"}, "is no price: a/b"),
        ({"ASSISTANT_PRICE": "1/2/3"}, "is no price: 1/2/3"),
        ({"ASSISTANT_PRICE": "-1/2"}, "must be from 0 to"),
        ({"ASSISTANT_PRICE": "nan/2"}, "must be from 0 to"),
        ({"ASSISTANT_MAX_COST": "inf"}, "must be from 0 to"),
        ({"ASSISTANT_MAX_COST": "much"}, "max_cost (from ASSISTANT_MAX_COST) must be a number"),
        ({"ASSISTANT_MAX_TOKENS_TOTAL": "0"}, "must be from 1 to"),
        ({"ASSISTANT_CACHE": "maybe"}, "cache (from ASSISTANT_CACHE) must be on or off"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_where_it_is_from(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load({}, environment)
    assert said in str(error.value)
    assert error.value.hint
    assert "two words" not in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "remembered"),
    [
        ("local", "local"),
        ("HTTP://Host:8000/", "http://host:8000"),
        ("https://host/Chroma/", "https://host/Chroma"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("cloud:tenant-1/papers", "cloud:tenant-1/papers"),
    ],
)
def test_a_store_has_one_form(said: str, remembered: str) -> None:
    assert load({"store": said}, {}).store == remembered


@pytest.mark.parametrize(("text", "said"), [("mdel = 'x'", "no setting “mdel”"), ("model = ", "cannot be read")])
def test_a_broken_file_is_reported_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load({}, {"ASSISTANT_CONFIG": str(config)})


def test_every_setting_can_come_from_the_environment() -> None:
    assert VARIABLES.keys() == set(Settings.__dataclass_fields__) - {SYNC}


def configured(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "config.toml").write_text(text)
    return load({}, {"ASSISTANT_CONFIG": str(tmp_path / "config.toml")})


def test_what_to_sync_stands_in_tables_of_the_file(tmp_path: Path) -> None:
    assert configured(tmp_path, "k = 3").sync == ()
    first = 'source = "arxiv"\ncategory = "cs.LG"\nmax = 90'
    second = 'source = "s2"\nquery = "bees"\nsince = "30d"'
    assert configured(tmp_path, f"[[sync]]\n{first}\n[[sync]]\n{second}").sync == (
        Followed("arxiv", category="cs.LG", max=90),
        Followed("s2", query="bees", since="30d"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sync = "arxiv"', "[[sync]] 1 is no table"),
        ('[[sync]]\nsource = "arxiv"\n[[sync]]\ncategory = "cs.LG"', "[[sync]] 2 names no source"),
        ('[[sync]]\nsource = "arxiv"\nmax = "many"', "[[sync]] 1: max must be a number from 1 to 1,000,000"),
        ('[[sync]]\nsource = "arxiv"\nmax = 0', "max must be a number"),
        ('[[sync]]\nsource = "arxiv"\nmax = true', "max must be a number"),
        ('[[sync]]\nsource = ["arxiv"]', "[[sync]] 1: source must be a text"),
        ('[[sync]]\nsource = "arxiv"\ncategories = "cs.LG"', "[[sync]] 1 has no “categories”"),
    ],
)
def test_a_table_that_cannot_be_meant_is_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        configured(tmp_path, text)
    assert said in str(error.value)


def test_a_contact_is_an_address_and_keys_are_not_shown() -> None:
    chosen = load(
        {}, {"ASSISTANT_CONTACT": "ada@example.org", "S2_API_KEY": "s2-secret", "OPENALEX_API_KEY": "oa-secret"}
    )
    assert (chosen.contact, chosen.s2_key, chosen.openalex_key) == ("ada@example.org", "s2-secret", "oa-secret")
    assert "secret" not in repr(chosen)
    for wrong in ("ada", "ada@localhost", "ada@example.org\r\nX: y", "ada@example.org) evil ("):
        with pytest.raises(SettingsError, match="contact"):
            load({}, {"ASSISTANT_CONTACT": wrong})


@pytest.mark.parametrize(
    ("flag", "environment", "held"),
    [
        (None, {}, False),
        (None, {"ASSISTANT_JUDGE": "Yes"}, True),
        (None, {"ASSISTANT_JUDGE": "0"}, False),
        (True, {"ASSISTANT_JUDGE": "no"}, True),
        (False, {"ASSISTANT_JUDGE": "yes"}, False),
    ],
)
def test_whether_the_model_judges_is_yes_or_no(flag: bool | None, environment: dict[str, str], held: bool) -> None:
    assert load({"judge": flag}, environment).judge is held


@pytest.mark.parametrize("address", ["htp://user:sEcret-pw-1@h/v1", "http://user:sEcret-pw-1@h:99999/v1"])
def test_a_password_in_an_address_is_in_no_error_and_no_representation(address: str) -> None:
    with pytest.raises(SettingsError) as error:
        load({}, {"OPENAI_BASE_URL": address})
    assert "sEcret" not in f"{error.value} {error.value.hint}"
    assert "sEcret" not in repr(load({}, {"OPENAI_BASE_URL": "http://user:sEcret-pw-1@h/v1"}))
