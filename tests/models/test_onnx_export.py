import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("onnxslim", reason="needs the extra 'export'")

from lightspeech.models import onnx_export
from lightspeech.runtime.onnx_session import OnnxSession


class Weighted(nn.Module):
    """A convolution of as many channels as there are bands, then a factor for each band."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 8, 3, padding=1)
        self.weight = nn.Parameter(torch.randn(8))

    def forward(self, x):
        return self.convolution(x) * self.weight


def test_a_factor_for_each_band_stays_one_where_there_are_as_many_channels():
    torch.manual_seed(0)
    network, x = Weighted().eval(), torch.randn(2, 1, 20, 8)
    sizes = ({0: torch.export.Dim("batch")},)
    made = onnx_export.exported(network, [x], sizes, inputs=["x"], output="y", name="a toy")
    found = OnnxSession(made.SerializeToString(), "a toy").run("y", {"x": x.numpy()})
    np.testing.assert_allclose(found, network(x).detach().numpy(), atol=1e-5)
