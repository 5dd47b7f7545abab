"""What the audience of the demo sees: steps taken, operators with their proofs, the block of the moment."""

import time
from dataclasses import dataclass, field


@dataclass
class Step:
    """One line of the story; `done` is how many seconds it took, None while it runs."""

    text: str
    begun: float
    done: float | None = None


@dataclass
class Actor:
    """One operator: `periods` has a mark a period, in order: proven, missed or open."""

    name: str
    address: str
    state: str = "starting"
    deal: str = ""
    periods: str = ""


@dataclass
class Scene:
    """The demo's state as it is shown; written by the story, read by the view."""

    started: float = field(default_factory=time.monotonic)
    chain: str = ""
    block: int = 0
    period: int = 0
    steps: list[Step] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)

    def begin(self, text: str) -> Step:
        """Add a step that runs from now on; the one before it is over."""
        self.finish()
        step = Step(text, time.monotonic())
        self.steps.append(step)
        return step

    def tell(self, text: str) -> None:
        """Say more exactly what the present step does."""
        self.steps[-1].text = text

    def finish(self) -> None:
        """The present step is over."""
        if self.steps and self.steps[-1].done is None:
            self.steps[-1].done = time.monotonic() - self.steps[-1].begun

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self.started
