"""Whether what the sandbox answers is what the SDK's models say: no unknown, missing or mistyped field.

The SDKs take anything and drop what they do not know, so a wrong name would show as a `None` in somebody's program. Two
generators made them: older packages describe a model by `_attribute_map`, newer ones by `_attr_to_rest_field`.
"""

import base64
import binascii
import collections.abc
import copy
import datetime
import enum
import functools
import importlib
import re
import sys
import types
import typing

import isodate

SCALARS = {"str": str, "int": int, "long": int, "float": float, "bool": bool, "object": typing.Any, "bytearray": bytes,
           "iso-8601": datetime.datetime, "rfc-1123": datetime.datetime, "duration": datetime.timedelta, "date": datetime.date}
STATUS = {"id", "name", "status", "startTime", "endTime", "percentComplete", "error", "properties"}
LIST, DICT = re.compile(r"^\[(.*)\]$"), re.compile(r"^\{(.*)\}$")
PARSERS = {datetime.datetime: isodate.parse_datetime, datetime.date: isodate.parse_date, datetime.timedelta: isodate.parse_duration,
           bytes: lambda text: base64.b64decode(text, validate=True)}


class Watch:
    """What went wrong so far, and how many answers were looked at."""

    def __init__(self):
        self.problems, self.answers, self.samples = {}, 0, {}

    def answer(self, kind, raw):
        """An answer that the SDK takes for this kind; also the status that ends a DELETE, which is none of it."""
        if isinstance(raw, dict) and {"status", "startTime"} <= set(raw) <= STATUS:
            return
        self.answers += 1
        self.samples.setdefault(name_of(kind), (kind, raw))
        for problem in problems(kind, raw, name_of(kind)):
            self.problems[problem] = self.problems.get(problem, 0) + 1


def mistakes(value, path=()):
    """Where a name or a kind of value can be wrong: the places of everything with a name."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield path + (name,)
            yield from mistakes(one, path + (name,))
    elif isinstance(value, list):
        for index, one in enumerate(value[:1]):
            yield from mistakes(one, path + (index,))


def with_mistake(value, place, mistake):
    """A copy in which the field at this place is wrong."""
    copied = copy.deepcopy(value)
    around = functools.reduce(lambda found, part: found[part], place[:-1], copied)
    if mistake == "renamed":
        around[place[-1] + "x"] = around.pop(place[-1])
    else:
        around[place[-1]] = {"x": {}} if not isinstance(around[place[-1]], dict) else ["x"]
    return copied


# Objects whose names are their users', and values that may be anything.
OPEN = {"clientCredentials", "credentials", "customProperties", "document", "header", "identityProfile", "outputs", "parameters",
        "patchVersions", "query", "settings", "tags"}


def overlooked(seen):
    """How many mistakes were tried on what was answered, and which of them nobody would see."""
    tried, missed = 0, set()
    for name, (kind, raw) in seen.samples.items():
        for place in mistakes(raw):
            if OPEN & set(place):
                continue
            for mistake in ("renamed", "mistyped"):
                tried += 1
                if not problems(kind, with_mistake(raw, place, mistake), name):
                    missed.add(f"{name} {'.'.join(str(part) for part in place)} {mistake}")
    return tried, missed


def name_of(kind):
    """What the kind is called."""
    return ", ".join(map(name_of, typing.get_args(kind))) + " list" if typing.get_origin(kind) is list else getattr(kind, "__name__", str(kind))


def problems(kind, value, path):
    """What is wrong with a JSON value that should be of this kind."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any or kind is object or value is None:
        return []
    if origin is typing.Union or origin is types.UnionType:
        tries = [problems(one, value, path) for one in inner if one is not type(None)]
        # The last alternative is the model's own; before it stand enumerations and strings.
        return min(tries, key=len)
    if origin is typing.Literal:
        return [] if value in [getattr(one, "value", one) for one in inner] else [f"{path} is {value!r}, not one of {inner}"]
    if origin in (list, collections.abc.Sequence):
        return of_list(inner[0], value, path)
    if origin in (dict, collections.abc.MutableMapping, collections.abc.Mapping):
        return of_dict(inner[1], value, path)
    if hasattr(kind, "_attribute_map") or hasattr(kind, "_is_model"):
        return of_model(kind, value, path)
    return of_scalar(kind, value, path)


def of_list(kind, value, path):
    """The elements."""
    if not isinstance(value, list):
        return [f"{path} is {value!r}, not a list"]
    return [problem for one in value for problem in problems(kind, one, path + "[]")]


def of_dict(kind, value, path):
    """The values."""
    if not isinstance(value, dict):
        return [f"{path} is {value!r}, not an object"]
    return [problem for one in value.values() for problem in problems(kind, one, path + ".*")]


def of_scalar(kind, value, path):
    """A word, a number, or something that is written as a word."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        known = [str(one.value).lower() for one in kind]
        return [] if str(value).lower() in known else [f"{path} is {value!r}, not a {kind.__name__}"]
    if kind in PARSERS:
        try:
            PARSERS[kind](value)
            return []
        except (ValueError, TypeError, AttributeError, binascii.Error, isodate.ISO8601Error):
            return [f"{path} is {value!r}, not a {kind.__name__}"]
    accepted = (int, float) if kind is float else (kind,)
    right = isinstance(value, accepted) and (kind is bool or not isinstance(value, bool))
    return [] if right else [f"{path} is {value!r}, not {kind.__name__}"]


def of_model(kind, value, path):
    """The fields, as far as the model nests them itself."""
    kind = discriminated(kind, value if isinstance(value, dict) else {})
    fields = old_fields(kind) if hasattr(kind, "_attribute_map") else new_fields(kind)
    return of_fields(fields, value, path)


def of_fields(fields, value, path):
    """What is there and unknown, what is missing, and what is of another kind."""
    if not isinstance(value, dict):
        return [f"{path} is {value!r}, not an object"]
    found = []
    for name, one in value.items():
        field = fields.get(name)
        if field is None:
            found += [] if "" in fields else [f"{path}.{name} is not known"]
        elif isinstance(field, dict):
            found += [] if one is None else of_fields(field, one, f"{path}.{name}")
        else:
            found += problems(field[0], one, f"{path}.{name}")
    missing = [name for name, field in fields.items() if isinstance(field, tuple) and field[1] and value.get(name) is None]
    return found + [f"{path}.{name} is missing" for name in missing]


def discriminated(kind, value):
    """The model of what the value says that it is."""
    for key, kinds in getattr(kind, "_subtype_map", {}).items():
        wire = kind._attribute_map[key]["key"]
        name = kinds.get(value.get(wire))
        return discriminated(getattr(models_of(kind), name), value) if name else kind
    mapping = kind.__dict__.get("__mapping__") if hasattr(kind, "_is_model") else None
    field = mapping and kind._get_discriminator([])
    return mapping.get(value.get(field._rest_name), kind) if field else kind


def models_of(kind):
    """The package's module with all its models."""
    return sys.modules[kind.__module__.rsplit(".", 1)[0]]


def old_fields(kind):
    """Fields of an older package: dots in a name are objects in between that have no model of their own."""
    tree = {}
    for name, entry in kind._attribute_map.items():
        *around, last = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", entry["key"])]
        place = tree
        for part in around:
            place = place.setdefault(part, {})
        required = kind._validation.get(name, {}).get("required", False)
        place[last] = (named(entry["type"], models_of(kind)), required)
    return tree


def named(text, models):
    """The kind that a text of `_attribute_map` means."""
    if inner := LIST.match(text):
        return list[named(inner[1], models)]
    if inner := DICT.match(text):
        return dict[str, named(inner[1], models)]
    return SCALARS[text] if text in SCALARS else getattr(models, text)


def new_fields(kind):
    """Fields of a newer package."""
    kind.__new__(kind)  # Makes `_attr_to_rest_field`.
    here = vars(sys.modules[kind.__module__])
    hints = typing.get_type_hints(kind, here, {"_models": models_of(kind)})
    return {field._rest_name: (hints[name], type(None) not in typing.get_args(hints[name])) for name, field in kind._attr_to_rest_field.items()}


def watch(package):
    """Looks at every answer that the package's operations read from now on."""
    seen = Watch()
    for name, module in list(sys.modules.items()):
        if name.startswith(package + ".") and ".aio." not in name and module is not None:
            if ".operations." in name and hasattr(module, "_deserialize"):
                module._deserialize = newer(module._deserialize, seen)
            if name.endswith("_serialization") and hasattr(module, "Deserializer"):
                module.Deserializer.__call__ = older(module.Deserializer.__call__, seen)
    return seen


def newer(original, seen):
    """`_deserialize` of a newer package, which looks first."""
    def deserialize(kind, value, *rest, **more):
        if not isinstance(value, str) and kind is not str:
            seen.answer(kind, value)
        return original(kind, value, *rest, **more)
    return deserialize


def older(original, seen):
    """`Deserializer.__call__` of an older package, which looks first."""
    def deserialize(self, kind, answer, content_type=None):
        if hasattr(answer, "http_response") or hasattr(answer, "status_code"):
            raw = self._unpack_content(answer, content_type)
            models = types.SimpleNamespace(**self.dependencies)
            seen.answer(named(kind, models), raw)
        return original(self, kind, answer, content_type)
    return deserialize


def load(*packages):
    """Loads the packages' operations, so that `watch` finds them."""
    for package in packages:
        importlib.import_module(package)
