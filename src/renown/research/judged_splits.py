"""Check that judgements suffice for cross-validation by person, and balance which side of the pairs won."""

from dataclasses import replace

import numpy as np

from renown.errors import InvalidInputError
from renown.research import fit
from renown.research.judgements import JudgementFile
from renown.text import plural

FOLDS = 3
MIN_JUDGEMENTS, MIN_PEOPLE = 30, 10
"""With fewer, a third of the people has hardly any pair, and the AUC is chance."""


def balance_winners(judgements: JudgementFile) -> JudgementFile:
    """
    Swap the people of every other pair if the same side won all pairs, as in files of `renown judgements`.

    An AUC compares the pairs that the first person won with those that the second won, so it needs both.
    """
    if not (judgements.first_won.all() or not judgements.first_won.any()):
        return judgements
    is_swapped = np.arange(len(judgements.first_won)) % 2 == 1
    return replace(
        judgements,
        first=np.where(is_swapped, judgements.second, judgements.first),
        second=np.where(is_swapped, judgements.first, judgements.second),
        first_won=judgements.first_won ^ is_swapped,
    )


def check_enough(judgements: JudgementFile, *, repeats: int, seed: int) -> None:
    """
    Check that each split of the people leaves pairs to train with and pairs to test.

    Raises
    ------
    InvalidInputError
        If there are too few judgements or people, or too few people who occur in several pairs.
    """
    pairs, people = len(judgements.first_won), len(judgements.received)
    sizes_text = f"the file has {plural(pairs, 'judgement')} of {plural(people, 'person', 'people')}"
    if pairs < MIN_JUDGEMENTS or people < MIN_PEOPLE:
        raise InvalidInputError(
            f"{sizes_text}, and at least {MIN_JUDGEMENTS} judgements of {MIN_PEOPLE} people are needed: thirds of the "
            "people are held out in turn; record more with `renown judge`"
        )
    if not all(_can_test(judgements, seed + repeat) for repeat in range(repeats)):
        raise InvalidInputError(
            f"{sizes_text}, but when a third of the people is held out, no pair is left to train with or to test; "
            "record more with `renown judge`, so that most people occur in several pairs with different others"
        )


def _can_test(judgements: JudgementFile, seed: int) -> bool:
    """Tell whether each fold has pairs to train with, and the pairs of new people over all folds were won by both."""
    people, tested = len(judgements.received), []
    for fold in fit.split_by_person(judgements.first, judgements.second, people, folds=FOLDS, seed=seed):
        if not fold.training.any():
            return False
        tested.append(judgements.first_won[fold.both_new])
    won = np.concatenate(tested)
    return bool(won.any() and not won.all())
