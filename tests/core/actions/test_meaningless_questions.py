"""Questions that mean nothing are refused with the reason; what a model does not know is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_queries import ask, folder, names, picture

from core.actions.definition import Context
from core.errors import UnreadablePicture, UsageError

REFUSED = [
    ("🐱", "conse knows nothing of “🐱”"),
    ("🐱 🚗", "conse knows nothing of “🐱 🚗”"),
    ('"a red car" -🐱', "conse knows nothing of “🐱”"),
    ("???", "there is no word in "),
    ("-", "there is no word in -"),
    ('"cat" -"cat"', "“cat” is both wanted and not wanted"),
    ("car^0", "'0' is not a weight"),
    ("-truck", "it only says what is not wanted"),
    ("no/such/picture", "there is no picture no/such/picture"),
    ("/no/such.jpg", "there is no picture /no/such.jpg"),
    ("~/no such.jpg", "there is no picture ~/no such.jpg"),
    ("beach.JPG", "there is no picture beach.JPG"),
    ('"a cat" -beach.webp', "there is no picture beach.webp"),
    ("https://example.org/cat.jpg", "https://example.org/cat.jpg is a URL"),
    ("file:///home/cat.jpg", "file:///home/cat.jpg is a URL"),
    ('"a cat" "www.example.org"', "www.example.org is a URL"),
    ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA is a URL"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_text_that_means_nothing_is_refused(context: Context, text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(context, "text_search", text=text)
    assert reason in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "text", ["a cat, a dog", "red/blue car on a road", "24 cats", "50 % grey", "a 猫", "naïve art"]
)
def test_words_are_words(context: Context, text: str) -> None:
    assert len(names(ask(context, "text_search", text=text))) == 25


@pytest.mark.parametrize("reference", ["https://example.org/cat.jpg", "file:///home/cat.jpg"])
@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("similar", {"like": []}),
        ("similar", {"like": ["{}"], "unlike": []}),
        ("text_search", {"text": "a cat", "like": []}),
        ("text_search", {"text": "a cat", "unlike": []}),
        ("recommend", {"like": []}),
        ("recommend", {"like": ["{}"], "unlike": []}),
    ],
)
def test_a_url_is_no_picture(context: Context, action: str, values: dict[str, object], reference: str) -> None:
    here = picture(context, "00.jpg")
    filled = {
        name: [here] if value == ["{}"] else [reference] if value == [] else value for name, value in values.items()
    }
    with pytest.raises(UsageError, match="is a URL") as caught:
        ask(context, action, **filled)
    assert caught.value.hint.startswith("give its path: /home" if reference.startswith("file") else "download it first")


@pytest.mark.parametrize("phrases", ["cat, https://example.org/", "cat, ./here.jpg", "cat, 🐱", "cat, !!"])
def test_clusters_are_made_by_words_only(context: Context, phrases: str) -> None:
    with pytest.raises(UsageError, match="names: "):
        ask(context, "cluster_by", names=phrases, vec_type="conse")


def test_a_word_that_the_model_does_not_know_is_named(context: Context) -> None:
    assert ask(context, "text_search", text="a cat 🐱 and a car 🚗").note == "conse does not know: 🐱, 🚗"
    again = ask(context, "text_search", text="a cat 🐱 and a car 🚗")
    assert again.note == "conse does not know: 🐱, 🚗"
    by = ask(context, "cluster_by", names="cat 🐱, dog", vec_type="conse")
    assert "conse does not know: 🐱" in by.note
    with pytest.raises(UsageError, match="knows nothing of “🐱”"):
        ask(context, "text_search", text="🐱", template="a photo of {}")


def test_a_picture_that_is_wanted_and_not_wanted_is_refused(context: Context) -> None:
    one, key = picture(context, "00.jpg"), context.project.catalog.by_path(picture(context, "00.jpg"))
    assert key is not None
    for action, values in (("similar", {}), ("recommend", {}), ("text_search", {"text": "a cat"})):
        with pytest.raises(UsageError, match=r"not like: 00\.jpg is also in similar to"):
            ask(context, action, like=[one], unlike=[key.key.hex()], **values)


def test_a_path_may_be_written_as_terminals_write_it(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copyfile(picture(context, "11.png"), tmp_path / "my cat's.png")
    expected = names(ask(context, "text_search", text=f'"{tmp_path}/my cat\'s.png"'))
    assert expected[0] == "11.png"
    for text in (r"~/my\ cat\'s.png", "~/my cat's.png", f"{tmp_path}/my\\ cat\\'s.png"):
        assert names(ask(context, "text_search", text=text)) == expected
        like = ask(context, "similar", like=[text], vec_type="conse")
        assert names(like) == expected


def test_a_path_that_is_no_picture_is_said_with_the_reason(context: Context, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UnreadablePicture):
        ask(context, "text_search", text=str(tmp_path / "notes.txt"))
    with pytest.raises(UsageError, match="is a folder"):
        ask(context, "text_search", text=str(folder(context)))


def test_a_template_with_nothing_to_put_into_it_is_refused(context: Context) -> None:
    with pytest.raises(UsageError, match="template: there is no phrase to put into it"):
        ask(context, "text_search", text=f'"{picture(context, "11.png")}"', template="a photo of {}")
