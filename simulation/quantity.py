"""How a number is declared: once, with its unit, its range and where it comes from.

Scenario sections and levers are `Section`s whose numbers are `quantity` fields.
Documentation, schema, sensitivity bounds and sliders read these declarations.
"""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError


def quantity(
    default: object,
    unit: str,
    text: str,
    source: str,
    span: tuple[float, float],
    *,
    ge: float = 0.0,
    le: float | None = None,
) -> Any:  # noqa: ANN401 (as pydantic's own Field: the annotation has the type)
    """Return the field of one number (or of several of one kind).

    Parameters
    ----------
    default : object
        The value where a file says nothing.
    unit : str
        One word or two: "share", "weeks", "ties", …
    text : str
        What the number means.
    source : str
        A paper, a data set, or "Assumption: …".
    span : tuple of float
        What a study samples and a slider spans (narrow); "range" in the schema.
    ge, le : float
        Where the rule is defined (wide). No `le` means any finite number;
        `le=math.inf` means that infinity itself makes sense.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "range": list(span)}
    if le == math.inf:
        extra["infinite"] = True
        le = None
    return Field(
        default=default,
        description=text,
        json_schema_extra={**extra, "ge": ge, "le": le},
    )


class Empty(NamedTuple):
    """What a list without an entry means, in its field: Annotated[…, Empty("all")]."""

    words: str


def bounds(field: FieldInfo) -> tuple[float, float | None]:
    """Return where the rule is defined: least, and greatest (None: any finite)."""
    extra = details(field)
    return extra["ge"], math.inf if extra.get("infinite") else extra["le"]


def details(field: FieldInfo) -> dict[str, Any]:
    """Return unit, source, range and bounds of a number; {} if it is none."""
    extra = field.json_schema_extra
    return extra if isinstance(extra, dict) and "unit" in extra else {}


def is_in_percent(unit: str) -> bool:
    """Return whether people read numbers of a unit in percent.

    >>> is_in_percent("share per year"), is_in_percent("points")
    (True, False)
    """
    return unit.startswith("share")


def broken(at: str, message: str) -> PydanticCustomError:
    """Return the error of a rule that joins keys.

    `at` names the keys, with spaces between; the one said last is blamed, the
    first when all were said together.
    """
    return PydanticCustomError("rule", "{message}", {"message": message, "at": at})


SYNONYMS = {
    **dict.fromkeys(
        ("promise_less", "underpromise", "lower_promise", "honesty"),
        "expectation_alignment",
    ),
    **dict.fromkeys(("promise_more", "overpromise"), "overselling"),
    **dict.fromkeys(("call_back", "callback", "calls"), "follow_up"),
    **dict.fromkeys(("apology", "compensation"), "service_recovery"),
    **dict.fromkeys(("better_service", "quality"), "service_improvement"),
    **dict.fromkeys(("margin", "contribution"), "margin_per_week"),
    **dict.fromkeys(("discount", "interest_rate", "wacc"), "discount_rate"),
    **dict.fromkeys(("horizon", "duration", "length"), "weeks"),
    **dict.fromkeys(("population", "market_size"), "customers"),
    **dict.fromkeys(("start", "start_week", "begin"), "from_week"),
    **dict.fromkeys(("end", "end_week"), "until_week"),
    **dict.fromkeys(("target", "for", "group"), "audience"),
    **dict.fromkeys(("pays_back", "break_even_week"), "payback"),
    **dict.fromkeys(("present_value", "net_present_value"), "npv"),
}
"""What people guess, and what it is called here."""


def as_called(word: str) -> str:
    """Return what a guessed word is called here; itself if nobody would guess it.

    >>> as_called("Promise less"), as_called("trust")
    ('expectation_alignment', 'trust')
    """
    plain = re.sub(r"[\s-]+", "_", word.strip().lower())
    return SYNONYMS.get(plain, plain)


def nearest(word: str, known: list[str]) -> str:
    """Return "; did you mean 'x'?" or the list of what is known."""
    if as_called(word) in known:
        return f"; did you mean {as_called(word)!r}?"
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(known)}" if known else ""


class Section(BaseModel):
    """A frozen group of keys that knows its numbers and refuses all others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _number_is_in_bounds(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[str(info.field_name)]
        if details(field):
            check_number(value, field, "")
        return value


class Entry(Section):
    """A section that files write as a mapping with one key, its name, in a list."""

    name: ClassVar[str]
    text: ClassVar[str]
    moves: ClassVar[str]
    evidence: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Accept `{name: {...}}`, as files write an entry, and `{name: }`."""
        if isinstance(value, dict) and list(value) == [cls.name]:
            return {} if value[cls.name] is None else value[cls.name]
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe an entry as files write it: a mapping with one key, its name."""
        fields = handler.resolve_ref_schema(handler(core_schema))
        return {
            "type": "object",
            "description": f"{cls.text} Moves: {cls.moves}.",
            "properties": {cls.name: {**fields, "type": ["object", "null"]}},
            "required": [cls.name],
            "additionalProperties": False,
        }


def entry_named(value: object) -> str:
    """Return which entry a file's mapping, or an entry, is; "" if none."""
    if isinstance(value, Entry):
        return value.name
    if isinstance(value, dict) and len(value) == 1:
        return str(next(iter(value)))
    return ""


def check_number(value: object, field: FieldInfo, at: str) -> None:
    """Raise an error in plain words unless `value` is what `field` declares.

    `at` names the part of the value that is looked at, for a list or a mapping.
    """
    kinds = kinds_of(field.annotation)
    if value is None and type(None) in kinds:
        return
    if isinstance(value, Mapping) and dict in kinds:
        for key, part in value.items():
            check_number(part, field, f"{at}.{key}")
    elif isinstance(value, list | tuple) and tuple in kinds and not at:
        for index, part in enumerate(value):
            check_number(part, field, f"[{index}]")
    elif fault := fault_of(value, field, is_many=tuple in kinds and not at):
        raise broken(at, fault)


def kinds_of(annotation: object) -> set[object]:
    """Return the plain types an annotation is made of."""
    parts = get_args(annotation)
    if not parts:
        return {annotation}
    return {get_origin(annotation)}.union(*(kinds_of(part) for part in parts))


def fault_of(value: object, field: FieldInfo, *, is_many: bool) -> str:
    """Return what is wrong with one number, and the remedy; "" if nothing is."""
    use = wanted(field, is_many=is_many)
    if is_many or isinstance(value, bool) or not isinstance(value, int | float):
        kind = "a list of numbers" if is_many else "a number"
        is_share = is_in_percent(details(field)["unit"])
        remedy = respelt(value, is_share=is_share) if isinstance(value, str) else ""
        return f"{shown(value)} is not {kind}; {remedy or f'use {use}'}"
    if value != value:
        return f".nan is not a number; use {use}"
    is_finite = value not in (math.inf, -math.inf)
    if int in kinds_of(field.annotation) and is_finite and value != int(value):
        return f"{shown(value)} is not a whole number; use {use}"
    if int in kinds_of(field.annotation) and is_finite and isinstance(value, float):
        return (
            f"{value:.1f} has a decimal point; write {value:.0f}, or "
            f"{1000 * value:.0f} if the point separates thousands"
        )
    least, most = bounds(field)
    if value < least:
        return f"{shown(value)} is below {shown(least)}; use {use}"
    if most is None:
        return f"infinity is too much; use {use}" if too_large(value) else ""
    if value > most:
        return f"{shown(value)} is above {shown(most)}; use {use}"
    return ""


def respelt(text: str, *, is_share: bool = False) -> str:
    """Return how to write a number that files cannot read; "" for any other text.

    >>> respelt("50,000"), respelt("0,5"), respelt("80 %", is_share=True)
    ('write numbers without separators: 50000', 'write 0.5', 'write 0.8')
    """
    if re.fullmatch(r"-?[1-9][0-9]{0,2}([,.'_ \u00a0][0-9]{3})+", text):
        return f"write numbers without separators: {re.sub('[^-0-9]', '', text)}"
    if re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        return f"write {text.replace(',', '.')}"
    if is_share and (found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", text)):
        return f"write {float(found[1]) / 100:g}"
    return ""


def too_large(value: float) -> bool:
    """Return whether a number cannot be written as a finite float."""
    try:
        return math.isinf(float(value))
    except OverflowError:
        return True


def wanted(field: FieldInfo, *, is_many: bool = False) -> str:
    """Return what a field takes, in words: "a share between 0 and 1"."""
    unit = details(field)["unit"]
    least, most = bounds(field)
    kinds = kinds_of(field.annotation)
    kind = "whole number" if int in kinds else "number"
    noun = "a share" if unit == "share" else f"a {kind} ({unit})"
    if is_many:
        noun = "a list of shares" if unit == "share" else f"a list of {kind}s ({unit})"
    if most is None:
        words = f"{noun} of {shown(least)} or more"
    elif most == math.inf:
        words = f"{noun} of {shown(least)} or more, or .inf"
    else:
        words = f"{noun} between {shown(least)} and {shown(most)}"
    return words + (", or null" if type(None) in kinds else "")


def shown(value: object) -> str:
    """Return a value as a person would write it in YAML, short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of that size"
    if isinstance(value, int | float):
        if math.isinf(value):
            return ".inf" if value > 0 else "-.inf"
        return f"{value:.12g}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value).replace("\n", " ")
    return repr(text if len(text) <= 40 else text[:37] + "...")
