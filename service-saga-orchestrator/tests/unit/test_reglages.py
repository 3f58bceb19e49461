"""Time limits that do not nest are refused at start, in one clear message."""

import pytest

from socle.config import charger


def test_limits_that_do_not_nest_stop_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from saga_orchestrator.settings import Config

    monkeypatch.setenv("SAGA_TIMEOUT", "3")
    monkeypatch.setenv("SAGA_ATTENTE_S", "4")
    with pytest.raises(SystemExit) as fin:
        charger(Config)
    assert fin.value.code == 78
    assert "SAGA_ATTENTE_S <= SAGA_TIMEOUT" in capsys.readouterr().err
