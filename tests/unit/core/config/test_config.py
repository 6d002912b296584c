"""image.yaml and images.yaml: what they say, and what every mistake is answered with."""

import json
from dataclasses import fields

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bed.write_schemas import schemas
from tfimages_action.core.config.document import Document, Value, parse
from tfimages_action.core.config.quick import DoubtError, build
from tfimages_action.core.config.read import read_image_yaml, read_images_yaml
from tfimages_action.core.config.validate import validate
from tfimages_action.core.config.values import ImageYaml, VariantConfig, parse_size
from tfimages_action.errors import ConfigError

WHOLE = """
kind: vm
args: {VERSION: 1.10, DEBUG: yes, EMPTY: ""}
platforms: [linux/amd64, linux/arm/v7]
target: final
dockerfile: build/Dockerfile
context: .
contexts: {ssh: images/ssh}
ignore: []
flist: mine
variants:
- name: no
  args: {OCTAL: 010}
  target: other
checks:
  ssh: true
  command: [{argv: [echo, 1], exit_code: 3, output: x}]
  http: [{port: 80, path: /x, status: 503, body: y}]
  port: [22]
  file: [{path: /a, mode: 0644}, {path: /b, absent: true}]
  size: 200MB
  service: [sshd]
  boot: {services: [ssh]}
  run: {privileged: true, tmpfs: [/run], env: {A: 1}, timeout: 1.5}
"""


def read(text: str) -> ImageYaml:
    return read_image_yaml("images/x/image.yaml", text.encode()).value


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.location is not None
    assert caught.value.location.path == "images/x/image.yaml"
    return caught.value


def test_reads_every_key() -> None:
    config = read(WHOLE)
    assert config.variants == (VariantConfig(name="no", args={"OCTAL": "010"}, target="other"),)
    assert config.ignore == ()
    assert config.checks.run.timeout == 1.5
    assert config.checks.http[0].status == 503


def test_values_stay_as_written() -> None:
    config = read(WHOLE)
    assert config.args == {"VERSION": "1.10", "DEBUG": "yes", "EMPTY": ""}
    assert config.checks.file[0].mode == "0644"
    assert config.checks.run.env == {"A": "1"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "\ufeff", "---\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert read(text) == ImageYaml()


def test_anchors_and_merges_are_fine() -> None:
    text = "args: &a {X: 1, Y: 2}\nvariants:\n- name: one\n  args: {<<: *a, Y: 3}\n"
    variants = read(text).variants
    assert variants is not None
    assert variants[0].args == {"X": "1", "Y": "3"}


def test_of_several_that_are_merged_the_earlier_wins() -> None:
    assert read("args: {<<: [{X: 1, Y: 1}, {Y: 2, Z: 2}], X: 0}").args == {
        "X": "0", "Y": "1", "Z": "2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("kind: vm\nvarients: []", 2, "unknown key `varients`", "`variants`"),
        ("checks:\n  comand: []", 2, "unknown key `checks.comand`", "`command`"),
        ("variants:\n- nam: x", 2, "unknown key `variants[0].nam`", "`name`"),
        ("checks:\n  command:\n  - argvs: [x]\n    argv: [x]", 3, "unknown key", "`argv`"),
        ("include: [a]", 1, "unknown key `include`", "images.yaml"),
        ("zzz: 1", 1, "unknown key `zzz`", "variants, args"),
        ("args: [1]", 1, "keys with values are wanted", ""),
        ("platforms: linux/amd64", 1, "a list is wanted here, not `linux/amd64`", ""),
        ("platforms: [linux]", 1, "can't be read", "linux/amd64"),
        ("args:\n  A: 1\n  B:", 3, "`args.B` has no value", '""'),
        ("args:\n  A: [1]", 2, "a text is wanted here, not a list", ""),
        ("kind: vmx", 1, "'container' or 'vm'", ""),
        ("variants: []", 1, "is empty", "leave the key out"),
        ("variants:\n- args: {}", 2, "`variants[0].name` is missing", ""),
        ("checks:\n  ssh: 3", 2, "`true` or `false`", ""),
        ("checks:\n  port: [99999]", 2, "65535", ""),
        ("checks:\n  port: [many]", 2, "a whole number", ""),
        ("checks:\n  size: 20 elephants", 2, "can't be read", "200MB"),
        ("args:\n  A: 1\n  A: 2", 3, "stands here twice", ""),
        ("- a\n- b", 1, "`key: value` lines", ""),
        ("a: [", 1, "not YAML", ""),
        ("a: 1\n---\nb: 1", 2, "not YAML", ""),
        ("x: &a [*a]", 1, "nested too deep", ""),
        ("args: &a {<<: *a}", 1, "`<<` takes a mapping", ""),
        ("args:\n  A: 1\n  <<: A", 3, "`<<` takes a mapping", ""),
        ("args:\n  <<: [{A: 1}, B]", 2, "`<<` takes a mapping", ""),
        ("x: !!python/object:os.x {}", 1, "is not allowed", ""),
        ("x: !mine 1", 1, "is not allowed", ""),
        ("? [a]\n: b", 1, "a key must be a word", ""),
    ],
)
def test_a_mistake_is_named_with_its_line_and_cure(
    text: str, line: int, message: str, hint: str
) -> None:
    error = refusal(text)
    assert message in error.message
    assert hint in error.hint
    assert error.location is not None
    assert error.location.line in {line, line + 1}  # the parser may notice at the line's end


def test_several_mistakes_are_counted() -> None:
    assert "2 more" in refusal("a: 1\nb: 2\nc: 3").message


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="UTF-8"):
        read_image_yaml("image.yaml", b"\xff\xfe")


def test_reads_images_yaml() -> None:
    text = "args: {Z: 1}\ninclude: [a/*]\nexclude: [b]\ndefaults: {ignore: ['*.md']}"
    config = read_images_yaml("images/images.yaml", text.encode()).value
    assert config.args == {"Z": "1"}
    assert (config.include, config.exclude) == (("a/*",), ("b",))
    assert config.defaults.ignore == ("*.md",)
    with pytest.raises(ConfigError) as caught:
        read_images_yaml("images/images.yaml", b"variants: []")
    assert "image.yaml" in caught.value.hint


def test_the_shipped_schemas_are_those_of_the_code() -> None:
    for path, text in schemas().items():
        assert path.read_text() == text, "run `python -m tests.bed.write_schemas`"


def test_the_schemas_take_what_the_code_takes_and_refuse_an_unknown_key() -> None:
    schema = next(json.loads(text) for path, text in schemas().items() if path.name[5] == ".")
    check = jsonschema.Draft202012Validator(schema)
    check.validate({"args": {"VERSION": 1.1}, "variants": [{"name": "a"}], "kind": "vm"})
    assert not check.is_valid({"varients": []})


@pytest.mark.parametrize(
    ("text", "size"),
    [("512", 512), ("200MB", 200_000_000), ("1.5 GB", 1_500_000_000), ("2KiB", 2048), ("1k", 1000)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


SCALARS = (
    st.sampled_from(
        [
            "a",
            "linux/amd64",
            "200MB",
            "true",
            "yes",
            "80",
            "0",
            "-1",
            "070",
            "1.5",
            "99999",
            "vm",
            "",
        ]
    )
    | st.none()
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from(
            ["variants", "args", "platforms", "kind", "checks", "name", "ssh", "port", "http",
             "path", "status", "size", "run", "timeout", "command", "argv", "boot", "X"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([f.name for f in fields(ImageYaml)]), DOCUMENTS, max_size=5))
def test_what_is_read_quickly_is_what_pydantic_reads(value: dict[str, Value]) -> None:
    document = Document(path="image.yaml", value=value)
    try:
        quick = build(ImageYaml, value)
    except DoubtError:
        return
    assert quick == validate(ImageYaml, document)


def test_a_plain_file_is_read_without_pydantic() -> None:
    """It is what keeps a plan's CPU low; `yes` for a boolean is not plain, and still right."""
    assert build(ImageYaml, parse("x", WHOLE.encode()).value) == read(WHOLE)
    with pytest.raises(DoubtError):
        build(ImageYaml, {"checks": {"ssh": "yes"}})
    assert read("checks: {ssh: yes}").checks.ssh is True
