"""Set-up takes the distribution's Python, and brings what that lacks."""

import pytest

from scripts import setup


class Machine:
    """The Pythons of a machine that fit: by place, the version and whether it has venv."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pythons: dict[str, tuple[str, bool]] = {}
        self.installs = True
        monkeypatch.setattr(setup, "OTHERS", ("/home/me/python3", "python3.12"))
        monkeypatch.setattr(setup, "version_of", lambda python: self._of(python)[0])
        monkeypatch.setattr(setup, "succeeds", lambda python, *_: self._of(python)[1])
        monkeypatch.setattr(setup, "can_install", lambda: self.installs)

    def _of(self, python: str) -> tuple[str | None, bool]:
        return self.pythons.get(python, (None, False))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_the_distributions_python_is_taken_before_those_on_the_path(machine: Machine) -> None:
    machine.pythons = {"/home/me/python3": ("3.12.1", True), "/usr/bin/python3": ("3.11.2", True)}
    assert setup.find_python() == "/usr/bin/python3"
    assert setup.python_packages() == []


def test_one_beside_the_distributions_default_is_taken_too(machine: Machine) -> None:
    machine.pythons = {
        "/home/me/python3": ("3.12.1", True),
        "/usr/bin/python3.12": ("3.12.3", True),
    }
    assert setup.find_python() == "/usr/bin/python3.12"
    assert setup.python_packages() == []


@pytest.mark.parametrize("others", [{}, {"/home/me/python3": ("3.12.1", True)}])
def test_venv_is_installed_where_the_distribution_parted_it(
    machine: Machine, others: dict[str, tuple[str, bool]]
) -> None:
    machine.pythons = {**others, "/usr/bin/python3": ("3.13.5", False)}
    assert setup.python_packages() == ["python3.13-venv"]


def test_without_the_right_to_install_another_python_does(machine: Machine) -> None:
    machine.pythons = {"/home/me/python3": ("3.12.1", True), "/usr/bin/python3": ("3.11.2", False)}
    machine.installs = False
    assert setup.python_packages() == []
    assert setup.find_python() == "/home/me/python3"


def test_a_distribution_without_one_that_fits_is_left_as_it_is(machine: Machine) -> None:
    machine.pythons = {"python3.12": ("3.12.1", True)}
    assert setup.python_packages() == []
    assert setup.find_python() == "python3.12"


def test_where_none_fits_one_is_asked_for(machine: Machine) -> None:
    assert setup.python_packages() == ["python3.11", "python3.11-venv"]
    machine.installs = False
    assert setup.python_packages() == ["python3.11", "python3.11-venv"]
    assert setup.find_python() is None
