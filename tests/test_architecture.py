"""The house checks itself: layers, sizes, names, mirrors, and what rules may say.

Every check walks the files that exist, so that a new file is held to it at once.
"""

import ast
import functools
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "simulation" / "core"

FOLDERS = {"simulation", "scenarios", "analysis", "tests", "results", ".ci", ".github"}
SHAPELESS = {"utils", "helpers", "common", "misc", "base", "types", "manager"}
RULE_FILES = (
    "experience",
    "perception",
    "recovery",
    "telling",
    "choice",
    "adoption",
    "surveying",
)
LIBRARY_MATHEMATICS = {"math", "cmath", "numpy", "scipy"}
LIBRARY_FUNCTIONS = {"exp", "log", "log1p", "expm1", "sqrt", "pow", "round"}
SCALARS = {"float", "int", "bool"}
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
DECLARATIONS = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)

# What only one machine, or one registry, would understand. The brackets keep
# this file from finding itself.
PRIVATE = re.compile(
    r"pypi[.]org|pythonhosted[.]org|conda[.]anaconda|registry[.]npmjs"
    r"|[-]-(extra-)?index-url|[-]-find-links"
    r"|/[w]ork/|/[r]oot/|/[h]ome/\w|/[U]sers/\w|/[o]pt/\w"
)


def listed_files() -> list[Path]:
    """Every file git tracks, or would track if it were added."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    output = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    paths = (ROOT / name for name in output.split("\0") if name)
    return [path for path in paths if path.is_file()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def each(paths: list[Path]) -> pytest.MarkDecorator:
    """One test a file, named by the file."""
    return pytest.mark.parametrize("path", paths, ids=name_of)


def imports(path: Path) -> Iterator[str]:
    """Every module and every `module.name` a file imports, in full."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *([node.module] if node.module else [])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rules(path: Path) -> list[ast.FunctionDef]:
    return [
        node
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(mark) == "rule" for mark in node.decorator_list)
    ]


# Layers and folders


def test_each_layer_imports_only_what_lies_below():
    command = Path(sys.executable).with_name("lint-imports")
    check = subprocess.run([command], cwd=ROOT, capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


def test_top_level_folders_are_the_agreed_ones():
    inside = (path.relative_to(ROOT).parts for path in listed_files())
    assert {parts[0] for parts in inside if len(parts) > 1} <= FOLDERS


@each(modules("simulation", "analysis", "tests"))
def test_file_is_named_by_its_subject(path):
    assert path.stem.removeprefix("test_") not in SHAPELESS


@each(modules("simulation/core"))
def test_core_stands_on_numpy_alone(path):
    compiler = {"numba"} if path == CORE / "jit.py" else set()
    allowed = sys.stdlib_module_names | {"numpy", "simulation"} | compiler
    assert {name.split(".")[0] for name in imports(path)} <= allowed


@each([path for path in modules("simulation", "analysis") if path.stem != "jit"])
def test_compiler_has_one_door(path):
    """Only simulation/core/jit.py imports numba."""
    assert "numba" not in {name.split(".")[0] for name in imports(path)}


# Sizes


def lines_of_code(path: Path) -> int:
    """Lines that do something: no comment, blank, docstring or declaration."""
    source = path.read_text(encoding="utf-8")
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT}
    silent |= {tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for scope in ast.walk(ast.parse(source)):
        if not isinstance(scope, SCOPES):
            continue
        for statement in scope.body:
            declares = isinstance(statement, DECLARATIONS) and not isinstance(
                scope, ast.FunctionDef | ast.AsyncFunctionDef
            )
            if declares or is_text(statement):
                lines -= set(range(statement.lineno, statement.end_lineno + 1))
    return len(lines)


def is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@each(modules("simulation", "analysis", "tests"))
def test_file_has_at_most_500_lines_of_code(path):
    assert lines_of_code(path) <= 500


# Kernels and rules


@each(modules("simulation/core/kernels"))
def test_kernel_holds_no_number_with_a_meaning(path):
    """Arithmetic with a meaning is a rule: a kernel writes no float but 0 and 1."""
    meant = [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, float)
        and node.value not in (0.0, 1.0)
    ]
    assert not meant


EVERY_RULE = [
    pytest.param(path, rule, id=f"{path.stem}.{rule.name}")
    for path in modules("simulation/core")
    if path.stem not in ("jit", "randomness")
    for rule in rules(path)
]


@pytest.mark.parametrize(("path", "rule"), EVERY_RULE)
def test_rule_is_scalar_in_scalar_out(path, rule):
    asked = rule.args
    arguments = [*asked.posonlyargs, *asked.args, *asked.kwonlyargs]
    assert asked.vararg is None
    assert asked.kwarg is None
    assert len(arguments) <= 6
    hints = [*(argument.annotation for argument in arguments), rule.returns]
    assert {ast.unparse(hint) if hint else "no type" for hint in hints} <= SCALARS
    indexed = [node for node in ast.walk(rule) if isinstance(node, ast.Subscript)]
    assert not [node.lineno for node in indexed], "a rule does not index"


@pytest.mark.parametrize(("path", "rule"), EVERY_RULE)
def test_rule_says_what_it_returns_and_shows_it(path, rule):
    text = ast.get_docstring(rule) or ""
    prose, _, example = text.partition(">>>")
    assert example, "a rule carries a doctest"
    said = prose.strip().removesuffix("Examples\n--------").strip()
    if "\n\n" in said:
        assert re.search(r"^Returns?\b", said, re.MULTILINE), "what it returns"
    if "References" in text:
        after = text.split("References")[1].lstrip("-\n ")
        assert re.search(r"doi|\b(19|20)\d\d\b|Assumption|targets", after), "a source"
    for assumption in re.findall(r"Assumption(.*)", text):
        assert assumption.lstrip(": "), "an assumption says what is assumed"


@each([path for path in modules("simulation/core") if path.stem in RULE_FILES])
def test_rule_file_stands_alone(path):
    """No rule of another file, no draw, no column, no library mathematics."""
    forbidden = {*RULE_FILES, "randomness", "columns", "kernels"}
    used = {name.split(".")[2] for name in imports(path) if name.count(".") >= 2}
    assert not used & forbidden
    assert not {name.split(".")[0] for name in imports(path)} & LIBRARY_MATHEMATICS


@each([path for path in modules("simulation/core") if path.stem in RULE_FILES])
def test_rule_file_calls_no_library_mathematics(path):
    """A library's last bit differs between machines; our own rules' does not."""
    called = [
        node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)
    ]
    assert not [ast.unparse(f) for f in called if ast.unparse(f) in LIBRARY_FUNCTIONS]
    powers = [
        node.lineno
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
    ]
    assert not powers, "a power is a product, or `elementary.power`"


# Words


@each(modules("simulation", "analysis"))
def test_public_name_has_a_docstring(path):
    tree = parsed(path)
    silent = [] if ast.get_docstring(tree) else ["the module"]
    for scope in [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))]:
        silent += [
            node.name
            for node in scope.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
            and not any("overload" in ast.unparse(d) for d in node.decorator_list)
        ]
    assert not silent


def test_nothing_names_a_registry_or_a_machine():
    found = []
    for path in listed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {hit.group()}" for hit in PRIVATE.finditer(text)]
    assert not found


# Mirrors


@functools.cache
def subjects_of_tests() -> tuple[set[str], str]:
    """What the tests import, and all that they say."""
    tests = modules("tests")
    imported = {name for path in tests for name in imports(path)}
    return imported, "\n".join(path.read_text(encoding="utf-8") for path in tests)


@each([p for p in modules("simulation", "analysis") if not p.stem.startswith("__")])
def test_file_has_a_test(path):
    """A test imports it, names its path, or is called after it."""
    imported, text = subjects_of_tests()
    name = name_of(path)
    module = name.removesuffix(".py").replace("/", ".")
    called_after_it = {p.stem for p in modules("tests")} & {f"test_{path.stem}"}
    is_tested = module in imported or name in text or bool(called_after_it)
    assert is_tested, f"no test imports or names {name}"


def test_where_is_table_points_at_what_exists():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Where is")[1].split("\n## ")[0]
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", section)
    assert len(paths) >= 10
    assert not [path for path in paths if not (ROOT / path).exists()]
