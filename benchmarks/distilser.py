"""How much smaller and quicker the students of DistilSER are than their teacher, side by side.

``python benchmarks/distilser.py``: networks with drawn weights of the published forms, BERT-base's
first 12, 8, 6, 4 and 2 blocks beside VGGish, then 4 and 2 blocks beside ``micro``; one sentence and
three seconds of sound, one thread. Weights change neither size nor time.
"""

import argparse
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from torch import nn

from lightspeech.config import Choice, choice_of
from lightspeech.evaluation import latency, machine
from lightspeech.evaluation.latency import Latency
from lightspeech.files import write_json
from lightspeech.frontends import pair, text
from lightspeech.models import bert, micro, multimodal, vggish

MODELS, FRONTENDS = "lightspeech.models", "lightspeech.frontends"
TOKENS = 12
"""Of a short sentence."""
FORMS = {
    "teacher": (None, "vggish"), "mini": (8, "vggish"), "micro": (6, "vggish"),
    "nano": (4, "vggish"), "pico": (2, "vggish"),
    "nano, ours for the sound": (4, "micro"), "pico, ours for the sound": (2, "micro"),
}  # fmt: skip
"""Blocks of BERT-base and the network of the sound."""
SOUNDS: dict[str, Any] = {"vggish": vggish, "micro": micro}


def built(base: Path, layers: int | None, sound: str) -> tuple[nn.Module, dict[str, Any]]:
    """Draw a network; give it and what it is asked."""
    parts = SOUNDS[sound]
    front = pair.build(
        pair.Config(
            first=choice_of(FRONTENDS, text.Config(source=str(base))),
            second=choice_of(FRONTENDS, parts.FRONTEND),
        ),
        windows=multimodal.WINDOWS,
    )
    cfg = multimodal.Config(
        text=bert.Reader(layers=layers, drawn=True), audio=Choice(MODELS, sound, parts.Config())
    )
    network = multimodal.build(cfg, frontend=front, n_classes=4).eval()
    ids = torch.randint(1, 1000, (1, TOKENS, 1))
    tokens = torch.cat([ids, torch.ones_like(ids)], 2)
    return network, {"first": tokens, "second": front.example()["second"]}


@torch.inference_mode()
def asked(network: nn.Module, inputs: dict[str, Any]) -> None:
    """Answer once."""
    network(inputs)


def row(
    network: nn.Module, teacher: nn.Module, took: Latency, of_teacher: Latency
) -> dict[str, Any]:
    """Say what a network costs, and how much less than its teacher."""
    n_params, n_teacher = (sum(p.numel() for p in net.parameters()) for net in (network, teacher))
    return {
        "n_params": n_params,
        "cpu_ms": took.work_ms,
        "smaller": round(1 - n_params / n_teacher, 4),
        "quicker": round(1 - took.work_ms / of_teacher.work_ms, 4),
    }


def main() -> None:
    """Draw all of them, time them in turn and write the file of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/distilser.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        transformers.BertConfig().save_pretrained(folder)  # its defaults are those of BERT-base
        nets = {name: built(Path(folder), *form) for name, form in FORMS.items()}
    calls = {name: partial(asked, *each) for name, each in nets.items()}
    took = latency.measure(calls, rounds=arguments.rounds)
    teacher = nets["teacher"][0]
    systems = {
        name: row(network, teacher, took[name], took["teacher"])
        for name, (network, _) in nets.items()
    }
    written = {"machine": machine.describe(), "rounds": arguments.rounds, "systems": systems}
    write_json(arguments.output, written)


if __name__ == "__main__":
    main()
