"""Research: learn weights, evaluate methods, write the model card."""

from renown.research.judgements import build_judged_pairs, pairs_mapping_toml
from renown.research.model_card import Evaluation, evaluation_kind, read_evaluations, render_model_card

__all__ = [
    "Evaluation",
    "build_judged_pairs",
    "evaluation_kind",
    "pairs_mapping_toml",
    "read_evaluations",
    "render_model_card",
]
