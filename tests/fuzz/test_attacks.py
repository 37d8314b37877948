"""A fixed part of the fuzzer: some cases of each attack, always the same."""

import pytest
from attacks import ATTACKS, attack, main

N_CASES = {
    "attributes": 150,
    "deep": 60,
    "extremes": 100,
    "indices": 100,
    "curves": 5,
    "calls": 3,
    "ensembles": 12,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_whatever_is_attempted_ends_in_a_sound_model_or_a_readable_error(name):
    for number in range(N_CASES.get(name, 30)):
        attack(0, number, name)


def test_the_fuzzer_prints_its_seed_and_how_many_cases_it_has_made(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["attacks.py", "--cases", "3", "--seed", "5"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert "3 cases of seed 5" in text and "none has failed" in text
