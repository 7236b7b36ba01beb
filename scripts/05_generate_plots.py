"""Draw all models of results/models that were measured, into results/plots."""

import argparse

from lightspeech.cli import script
from lightspeech.workflows.pipeline import figures

if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    script.run(lambda _progress: figures.draw())
