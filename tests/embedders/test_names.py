"""Embedders by their names."""

import pytest

from assistant import embedders
from assistant.embedders import FORMS, load
from assistant.errors import EmbedderError
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "name",
    ["minilm", "", "model2vec", "model2vec:", "onnx:", "openai:", "bundled:x", "chroma-default:x", "openai", "Bundled"],
)
def test_a_name_that_is_none_is_told_with_those_that_are(name: str) -> None:
    for use in (load, embedders.fingerprint):
        with pytest.raises(EmbedderError, match="no embedder is called") as error:
            use(name)
        assert all(form in error.value.hint for form in FORMS)


def test_every_form_of_a_name_is_documented() -> None:
    page = (ROOT / "docs" / "embedders.md").read_text()
    for form in FORMS:
        assert f"`{form.split('<')[0]}" in page, form
