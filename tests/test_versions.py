import re
from pathlib import Path

import numpy
import pytest
import scipy
import sklearn

import skbackprop
from skbackprop import _kernel


def shown(capsys):
    skbackprop.show_versions()
    return capsys.readouterr().out


def test_shows_every_version(capsys):
    text = shown(capsys)
    for package in (skbackprop, numpy, scipy, sklearn):
        assert f"{package.__name__}: {package.__version__}" in text


@pytest.mark.skipif(_kernel.Epoch is None, reason="the compiled epoch has not been built")
@pytest.mark.parametrize("setting, epoch", [("1", "compiled"), ("0", "numpy (the environment")])
def test_tells_which_epoch_trains(capsys, monkeypatch, setting, epoch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", setting)
    assert f"epoch: {epoch}" in shown(capsys)


def test_tells_of_a_missing_extension(capsys, monkeypatch):
    monkeypatch.setattr(_kernel, "Epoch", None)
    assert "epoch: numpy (this installation has no compiled extension)" in shown(capsys)


@pytest.mark.skipif(_kernel.Epoch is None, reason="the compiled epoch has not been built")
def test_tells_that_parts_it_does_not_know_run_in_numpy_and_who_names_them(capsys, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "1")
    assert "numpy for a part it does not know: the logger 'skbackprop' names it" in shown(capsys)


@pytest.mark.parametrize("name", ["CITATION.cff", "doc/citing.rst"])
def test_whoever_cites_it_names_its_version(name):
    text = (Path(__file__).parents[1] / name).read_text()
    assert re.search(r"^ *version(?: = |: )\{?([\d.]+)", text, re.M)[1] == skbackprop.__version__
