"""What a picture is prepared to, without the libraries of the models."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core.models.picture_recipe import PictureRecipe

_GREY = (0.5, 0.5, 0.5)
_BICUBIC = int(Image.Resampling.BICUBIC)


def _picture(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(width * 10_000 + height).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values)


def _by_resizing_all(recipe: PictureRecipe, picture: Image.Image, width: int, height: int) -> npt.NDArray[np.int16]:
    whole = picture.resize((width, height), Image.Resampling.BICUBIC)
    tall, wide = recipe.shape
    top, left = round((height - tall) / 2), round((width - wide) / 2)
    return np.asarray(whole.crop((left, top, left + wide, top + tall)), np.int16)


@pytest.mark.parametrize(
    ("given", "resized"),
    [
        ((800, 600), (341, 256)),
        ((600, 800), (256, 341)),
        ((3000, 200), (3840, 256)),
        ((97, 89), (279, 256)),
        ((7, 9), (256, 329)),
        ((179, 280), (256, 400)),
    ],
)
@pytest.mark.parametrize("crop", [(224, 224), (256, 256), (1, 3)])
def test_the_part_that_is_kept_is_what_resizing_all_of_the_picture_gives(
    given: tuple[int, int], resized: tuple[int, int], crop: tuple[int, int]
) -> None:
    recipe = PictureRecipe(256, _BICUBIC, crop, _GREY, _GREY)
    picture = _picture(*given)
    prepared = recipe(picture)
    assert prepared.shape == (*crop, 3)
    difference = np.abs(prepared.astype(np.int16) - _by_resizing_all(recipe, picture, *resized))
    assert difference.max() == 0  # Pillow's box would compute only the part, but up to 10 of 255 differ then


def test_a_picture_of_the_right_size_is_only_cropped() -> None:
    recipe = PictureRecipe(256, _BICUBIC, (224, 224), _GREY, _GREY)
    picture = _picture(300, 256)
    assert np.array_equal(recipe(picture), np.asarray(picture)[16:240, 38:262])


def test_without_a_crop_all_of_the_picture_is_resized() -> None:
    recipe = PictureRecipe((20, 30), _BICUBIC, None, _GREY, _GREY)
    picture = _picture(90, 80)
    assert np.array_equal(recipe(picture), np.asarray(picture.resize((30, 20), Image.Resampling.BICUBIC)))
