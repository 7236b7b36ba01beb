"""What ONNX bundles gain over what torch's exporter writes."""

from pathlib import Path

from lightspeech.files import read_json
from lightspeech.reporting import costs, wording

FILE = "benchmarks/onnx.json"
WITHOUT_VNNI = "benchmarks/without_vnni.json"
BASE = "benchmarks/base.json"


def describe(root: Path) -> str:
    """Write a table, a row a shipped model, and what its answers tell apart.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / FILE, remedy="type: python benchmarks/onnx_speed.py RECORDINGS")
    head = ("model", "size", "exported, us", "ours, us", "times faster", "network alone")
    rows = [
        (
            name,
            wording.size(of["bytes"]["bundle, ours"]),
            f"{of['us']['bundle, exported']:.0f}",
            f"{of['us']['bundle, ours']:.0f}",
            f"{of['bundle_times_faster']:.1f}",
            f"{of['network_times_faster']:.1f}",
        )
        for name, of in figures["models"].items()
    ]
    others = sum(of["other_labels"] for of in figures["models"].values())
    apart = max(of["largest_difference"] for of in figures["models"].values())
    where = f"{figures['machine']['cpu']}, onnxruntime {figures['machine']['onnxruntime']}"
    return (
        f"{costs.table(head, rows)}\n\nProcessor time of one window of three seconds on one thread "
        f"({where}). Of the first windows of "
        f"{figures['recordings']:,} recordings {others} have another label, and no probability is "
        f"more than {apart:.3f} apart."
    )


def base(root: Path) -> str:
    """Write how long `base` takes, a row a build.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    figures = read_json(root / BASE, remedy="type: python benchmarks/base_speed.py RECORDINGS")
    rows = [
        (build, wording.size(of["bytes"]), f"{of['ms']:.1f}", f"{of['times_now']:.2f}")
        for build, of in figures["builds"].items()
    ]
    where = f"{figures['machine']['cpu']}, onnxruntime {figures['machine']['onnxruntime']}"
    return (
        f"{costs.table(('build', 'size', 'ms', 'times as long as now'), rows)}\n\nProcessor time "
        f"of one window of {figures['window_s']:g} seconds on one thread ({where})."
    )


def without_vnni(root: Path) -> str:
    """Write how far answers are apart on a processor without VNNI, a row a model.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if there are no figures of it.
    """
    remedy = "type: python benchmarks/without_vnni.py RECORDINGS"
    figures = read_json(root / WITHOUT_VNNI, remedy=remedy)
    rows = [
        (name, f"{of['largest_difference']:.3f}", str(of["other_labels"]), *_uars(of))
        for name, of in figures["models"].items()
    ]
    head = ("model", "largest difference", "other labels", "UAR %", "UAR there %")
    return (
        f"{costs.table(head, rows)}\n\n{figures['windows']} windows one by one, on "
        f"{figures['machine']['cpu']} and on `{figures['emulator']}` (onnxruntime "
        f"{figures['machine']['onnxruntime']})."
    )


def _uars(of: dict[str, float]) -> tuple[str, str]:
    """Here and there, of a model that was asked about recordings it was tested on."""
    if "uar" not in of:
        return "", ""
    return f"{100 * of['uar']:.1f}", f"{100 * of['uar_there']:.1f}"
