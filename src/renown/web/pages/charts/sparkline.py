"""Sparklines: small lines of daily values without axes."""

from collections.abc import Sequence

from renown.web.pages.charts.line import split_segments


def sparkline_points(
    values: Sequence[float | None], width: float, height: float, *, min_range: float = 5.0
) -> list[list[tuple[float, float]]]:
    """
    Lay out a sparkline of daily values: one segment for each run of days that have a value.

    Parameters
    ----------
    values : sequence of float or None
    width, height : float
    min_range : float
        Minimum range of the axis, so that tiny changes look flat.

    Examples
    --------
    >>> sparkline_points([10, None, 20, 15], 30, 100)
    [[(0.0, 100.0)], [(20.0, 0.0), (30.0, 50.0)]]
    """
    known_values = [value for value in values if value is not None]
    if not known_values:
        return []
    middle, span = (max(known_values) + min(known_values)) / 2, max(min_range, max(known_values) - min(known_values))
    step_width = width / max(1, len(values) - 1)
    return split_segments(
        (index * step_width, None if value is None else height * (0.5 - (value - middle) / span))
        for index, value in enumerate(values)
    )
