"""The house's rules that a machine can hold: imports, sizes, locked dependencies."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shared import ROOT

SOURCE = ROOT / "src" / "outlay"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations/versions" not in str(path))
LOCKS = ("requirements.txt", "requirements-dev.txt")

MODULE_LINES = 500
FUNCTION_LINES = 60


def named(path: Path) -> str:
    """A module's path below the repository, for messages."""
    return path.relative_to(ROOT).as_posix()


def test_rooms_import_only_from_rooms_below(capsys: pytest.CaptureFixture[str]) -> None:
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_import_contract_sees_a_forbidden_import(tmp_path: Path) -> None:
    """The rule above can fail: a copy of the contract over a room that reaches up is broken."""
    import subprocess
    import sys

    package = tmp_path / "house"
    for room in ("low", "high"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "low" / "__init__.py").write_text("import house.high\n")
    (tmp_path / "contract.toml").write_text(
        '[tool.importlinter]\nroot_package = "house"\n[[tool.importlinter.contracts]]\n'
        'name = "rooms"\ntype = "layers"\nlayers = ["house.high", "house.low"]\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports as l; "
         "raise SystemExit(l(config_filename='contract.toml', no_cache=True))"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "house.low" in done.stdout


def test_modules_are_of_a_size_that_can_be_read() -> None:
    sizes = {named(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES} == {}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """A function's lines from its name on, its docstring and functions inside it left out: a
    function that only registers others is as long as what it says itself."""
    inner = {
        line
        for node in functions(function)
        if node is not function
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        inner |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    whole = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    return len(set(whole) - inner)


def test_functions_fit_a_screen() -> None:
    long = {
        f"{named(path)}:{function.lineno} {function.name}": own_lines(function)
        for path in MODULES
        for function in functions(ast.parse(path.read_text("utf-8")))
        if own_lines(function) > FUNCTION_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        named(path)
        for path in MODULES
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


# Rooms in which an amount could be met; the pages draw charts, which is what floats are for.
MONEY_ROOMS = (
    "money", "focus", "expression", "sources", "resources", "lake", "allocation", "query",
    "statements", "app", "api", "cli", "mcp",
)  # fmt: skip


def test_no_float_where_money_is() -> None:
    found = []
    for room in MONEY_ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "float"
                ):
                    found.append(f"{named(path)}:{node.lineno}")
    assert found == []


def test_nothing_is_left_unwritten() -> None:
    stubs = [
        f"{named(path)}:{number}"
        for path in MODULES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"raise NotImplementedError|\bTODO\b|\bFIXME\b", line)
    ]
    assert stubs == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host", text)
    packages = re.split(r"\n(?=[A-Za-z0-9])", text[text.index("\n\n") if "\n\n" in text else 0 :])
    pinned = [entry for entry in packages if re.match(r"[A-Za-z0-9_.\[\]-]+==", entry)]
    assert len(pinned) > 20
    assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == []
    loose = [
        entry.splitlines()[0]
        for entry in packages
        if re.match(r"[A-Za-z]", entry) and "==" not in entry.splitlines()[0]
    ]
    assert loose == []


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.txt": project["dependencies"] + extras["aws"] + extras["build"],
        "requirements-dev.txt": [
            *project["dependencies"],
            *(line for extra in extras.values() for line in extra),
        ],
    }
    for lock, requirements in wanted.items():
        locked = {
            _name(line)
            for line in (ROOT / lock).read_text("utf-8").splitlines()
            if re.match(r"[A-Za-z0-9]", line)
        }
        assert {_name(text) for text in requirements} - locked == set(), f"{lock}: run make lock"


def test_both_locks_agree() -> None:
    versions: dict[str, dict[str, str]] = {}
    for lock in LOCKS:
        for line in (ROOT / lock).read_text("utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9_.\[\]-]+)==(\S+)", line):
                versions.setdefault(_name(match[1]), {})[lock] = match[2]
    differ = {name: found for name, found in versions.items() if len(set(found.values())) > 1}
    assert differ == {}


def test_ci_runs_the_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail" in script
    assert "make test" in script


def test_what_the_pages_need_ships_with_the_package() -> None:
    """Templates, scripts, styles and migrations lie inside the package, which is shipped whole."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["packages"] == ["src/outlay"]
    for folder, ending in (("web/templates", "html"), ("web/static", "css"),
                           ("resources/migrations", "py")):  # fmt: skip
        assert list((SOURCE / folder).rglob(f"*.{ending}")), folder
