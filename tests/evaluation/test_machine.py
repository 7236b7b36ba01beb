import json

from lightspeech.evaluation import machine


def test_a_machine_is_described_in_plain_values():
    found = machine.describe()
    assert json.loads(json.dumps(found)) == found
    assert found["cores"] >= 1
    assert {"cpu", "python", "machine", "numpy", "onnxruntime"} <= set(found)


def test_the_processor_of_a_raspberry_pi_is_named(tmp_path, monkeypatch):
    text = "processor\t: 0\nBogoMIPS\t: 108.00\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "cpuinfo")
    assert machine.describe()["cpu"] == "Raspberry Pi 4 Model B Rev 1.4"
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "none")
    assert machine.describe()["cpu"]
