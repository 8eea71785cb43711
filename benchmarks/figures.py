"""Figures, the ratios between them, and what they must reach. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

Round = dict[str, float]
"""One value for each peer, all measured in turn."""


@dataclass
class Figure:
    """One thing measured: a value for each peer in each round."""

    group: str
    title: str
    """What, and in which unit."""
    order: list[str]
    """The peers, as the columns are to come."""
    rounds: list[Round] = field(default_factory=list)

    def value(self, peer: str) -> float | None:
        """Return the median of a peer's rounds."""
        values = [samples[peer] for samples in self.rounds if peer in samples]
        return median(values) if values else None

    def ratios(self, numerator: str, denominator: str) -> list[float]:
        """Return the ratio of two peers in each round that has both."""
        return [
            samples[numerator] / samples[denominator]
            for samples in self.rounds
            if numerator in samples and denominator in samples
        ]


@dataclass
class Target:
    """A ratio of two peers (or one peer's value, without a second) and the bound it must keep."""

    figure: Figure
    text: str
    peer: str
    other: str | None
    bound: float | None
    """What the project promises; None for a ratio that is shown for comparison."""
    least: bool = False
    """Whether the bound is the least it may be, and not the most."""

    def values(self) -> list[float]:
        """Return what is bounded, in each round."""
        if self.other is not None:
            return self.figure.ratios(self.peer, self.other)
        return [samples[self.peer] for samples in self.figure.rounds if self.peer in samples]

    def measured(self) -> float | None:
        """Return the median of the rounds' values."""
        values = self.values()
        return median(values) if values else None

    def met(self) -> bool | None:
        """Return whether the bound is kept, None if there is none, or nothing was measured."""
        measured = self.measured()
        if measured is None or self.bound is None:
            return None
        return measured >= self.bound if self.least else measured <= self.bound


def number(value: float | None) -> str:
    """Return three significant digits, or a dash."""
    if value is None:
        return "-"
    if abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"
