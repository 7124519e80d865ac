"""How errors of imports name what the caller gave."""


class ArgumentNames:
    """Names of the arguments of an import, as a caller in Python writes them; other callers have a subclass."""

    network = "network"
    unit = "unit"
    time_format = "time_format"
    timezone = "timezone"
    verbs = "verbs"
    partial = "partial"

    def set_unit(self, unit: str) -> str:
        """
        Return what reads timestamps in a unit.

        Examples
        --------
        >>> ArgumentNames().set_unit("ms")
        "unit='ms'"
        """
        return f"{self.unit}={unit!r}"

    def set_time_format(self, time_format: str) -> str:
        """
        Return what reads timestamps in a format.

        Examples
        --------
        >>> ArgumentNames().set_time_format("%d/%m/%Y")
        "time_format='%d/%m/%Y'"
        """
        return f"{self.time_format}={time_format!r}"

    def map_column(self, field: str) -> str:
        """
        Return what reads a field from a column of another name.

        Examples
        --------
        >>> ArgumentNames().map_column("actor")
        "actor='COLUMN'"
        """
        return f"{field}='COLUMN'"

    def map_verb(self, word: str, verb: str) -> str:
        """
        Return what reads a word as a verb.

        Examples
        --------
        >>> ArgumentNames().map_verb("RT", "repost")
        "verbs={'RT': 'repost'}"
        """
        return f"{self.verbs}={{{word!r}: {verb!r}}}"


PYTHON_ARGUMENTS = ArgumentNames()
