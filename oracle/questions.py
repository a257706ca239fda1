"""The questions: a grammar over the members that Azure allows, with values that have gone wrong before, and a fixed seed."""
import itertools
import random

from values import POOLS, TYPES as _TYPES, SKIPPED, FORMATS
import shapes

TYPES = _TYPES
WEIGHTS = {"string": 18, "DateTime": 14, "DateTimeOffset": 12, "TimeSpan": 12, "Guid": 10, "Convert": 3, "Math": 3,
           "Regex": 12, "JObject": 10, "JArray": 10, "JToken": 10, "JValue": 8, "Uri": 10, "StringBuilder": 8}


def expression(rng, ty):
    return rng.choice(POOLS[ty])


def arguments(rng, parameters):
    """An argument for each parameter; None where there is no value of the type."""
    texts = []
    for parameter in parameters:
        ty = parameter
        if ty.startswith("params "):
            ty = ty[7:]
            element = ty[:-2]
            if element in POOLS and rng.random() < 0.7:
                texts += [expression(rng, element) for _ in range(rng.randint(1, 3))]
                continue
        if ty not in POOLS:
            return None
        texts.append(expression(rng, ty))
    return ", ".join(texts)


OPERATORS = {"op_Addition": "+", "op_Subtraction": "-", "op_Equality": "==", "op_Inequality": "!=", "op_LessThan": "<",
             "op_LessThanOrEqual": "<=", "op_GreaterThan": ">", "op_GreaterThanOrEqual": ">=", "op_Multiply": "*",
             "op_Division": "/", "op_Modulus": "%"}


def dates(kind, name, parameters):
    """Numbers that make dates, most of the time."""
    if kind == "new" and "int" in parameters:
        return [part if ty == "int" else ty for part, ty in zip(["year", "month", "day", "hour", "minute", "minute", "hour"], parameters)] + parameters[7:]
    return ["amount" if ty == "double" else ty for ty in parameters]


def one(rng, member):
    """One question about a member; None if a value for it is missing."""
    owner, kind, name, result, *parameters = member
    if name in OPERATORS and len(parameters) == 2:
        left, right = (arguments(rng, [p]) for p in parameters)
        return left and right and f"{left} {OPERATORS[name]} {right}"
    if name in ("op_Explicit", "op_Implicit"):
        value = arguments(rng, parameters)
        return value and f"({result})({value})"
    if kind == "operator":
        return None
    if owner == "Regex" and "TimeSpan" in parameters or owner == "Encoding" and len(parameters) > 2:
        return None
    if owner == "Uri" and name == "TryCreate" and parameters[1] == "Uri" or (owner, name) == ("JValue", "CompareTo"):
        return None
    if owner == "StringBuilder" and name in ("Insert", "new") and len(parameters) != (2 if name == "Insert" else 1):
        return None
    if name == "ConvertToUtf32" and parameters[0] == "string":
        return None
    if owner == "Uri" and "bool" in parameters or owner == "StringBuilder" and parameters[:1] == ["StringBuilder"]:
        return None
    if name in ("Groups", "AppendJoin") or owner == "StringBuilder" and len(parameters) > 3:
        return None
    if owner in ("DateTime", "DateTimeOffset"):
        parameters = dates(kind, name, parameters)
    if owner == "Convert" and parameters[-1:] == ["int"] and len(parameters) == 2:
        parameters = [parameters[0], "base"]
    values = arguments(rng, [p.removeprefix("&") for p in parameters if not p.startswith("&")])
    if values is None:
        return None
    if kind == "constant":
        call = f"{owner}.{name}"
    elif kind == "new":
        call = f"new {owner}({values})"
    elif kind == "static":
        call = f"{owner}.{name}({values})"
    elif owner not in POOLS:
        return None
    elif kind == "index":
        call = f"{receiver(rng, owner)}[{values}]"
    elif kind == "property":
        call = f"{receiver(rng, owner)}.{name}"
    else:
        call = f"{receiver(rng, owner)}.{name}({values})"
    outs = [p[1:] for p in parameters if p.startswith("&")]
    if outs:
        if len(outs) > 1 or kind != "static" or not parameters[-1].startswith("&"):
            return None
        comma = ", " if values else ""
        return f"{{ {outs[0]} r; var good = {owner}.{name}({values}{comma}out r); return new object[] {{ good, r }}; }}"
    if result == "Void":
        return f"{{ var o = {expression(rng, owner)}; o.{name}({values}); return o; }}" if owner in POOLS else None
    if result.startswith(("IEnumerable<", "JEnumerable<", "ICollection<")):
        call += ".ToList()"
    return call


def receiver(rng, owner):
    text = expression(rng, owner)
    return f"({text})" if text[0] in "-(" or " " in text or text[0].isdigit() else text


def of_members(rng, lines):
    for line in lines:
        member = line.split("\t")
        owner, kind, name, result, *parameters = member
        if (owner, name) in SKIPPED or (owner, "*") in SKIPPED or ("*", name) in SKIPPED:
            continue
        if owner in SKIPPED.get("only", {}) and name not in SKIPPED["only"][owner]:
            continue
        weight = WEIGHTS.get(owner, 4)
        if kind == "constant":
            weight = 1
        elif not parameters:
            weight = min(weight, len(POOLS.get(owner, [])), 8)
        for _ in range(weight):
            question = one(rng, member)
            if question:
                yield question


def of_formats(rng):
    """Numbers and dates in every standard format and in custom ones."""
    for ty, formats in FORMATS.items():
        for text, value in itertools.product(formats, POOLS[ty]):
            if rng.random() < 0.34 and value != "null":
                yield f'({value}).ToString({text})'
    for ty in ("int", "double", "DateTime", "TimeSpan", "decimal", "string"):
        for value in POOLS[ty]:
            for hole in rng.sample(["{0}", "{0,12}|", "{0,-12}|", "a{{{0}}}", "{0:N2}", "{0:yyyy}", "{0,8:F1}", "{0:X4}"], 2):
                yield f'string.Format("{hole}", {value})'
                if rng.random() < 0.4:
                    inner = hole.replace("0", f"({value})" if ":" not in value else "5", 1)
                    if '"' not in value:
                        yield '$"' + inner + '"'


NUMBERS = ["sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "char", "float", "double", "decimal"]


def of_operators(rng):
    """Promotion, wrap-around, division, shifts, comparisons, casts: through variables, so that nothing is folded."""
    for left, right in itertools.product(NUMBERS, NUMBERS):
        for operator in rng.sample(["+", "-", "*", "/", "%", "<", ">=", "==", "!=", "&", "|", "^"], 5):
            a, b = expression(rng, left), expression(rng, right)
            yield f"{{ {left} a = {a}; {right} b = {b}; return a {operator} b; }}"
    for ty in NUMBERS:
        for _ in range(5):
            a = expression(rng, ty)
            yield f"{{ {ty} a = {a}; return -a; }}"
            yield f"{{ {ty} a = {a}; return ~a; }}"
            yield f"{{ {ty} a = {a}; a++; return a; }}"
            yield f"{{ {ty} a = {a}; --a; return a; }}"
            yield f"{{ {ty} a = {a}; return a << {rng.choice([1, 3, 31, 33, 63, 65, -1])}; }}"
            yield f"{{ {ty} a = {a}; return a >> {rng.choice([1, 3, 31, 33, 63, 65, -1])}; }}"
            yield f"{{ {ty} a = {a}; a {rng.choice(['+=', '-=', '*=', '/=', '%=', '<<='])} {rng.choice([1, 2, 3, 7])}; return a; }}"
            yield f"{{ {ty} a = {a}; return a + \"\" + a.ToString(); }}"
            yield f"{{ {ty} a = {a}; object o = a; return (int)o; }}"
            yield f"{{ {ty}? a = {a}; {ty}? b = null; return (a + b) ?? a; }}"
        for target in NUMBERS:
            for _ in range(3):
                yield f"{{ {ty} a = {expression(rng, ty)}; return ({target})a; }}"


def generate(lines):
    rng = random.Random(20260)
    questions = [*of_members(rng, sorted(set(lines))), *of_formats(rng), *of_operators(rng), *shapes.generate(rng)]
    lone = "'\\uD83D'"
    return [q for q in dict.fromkeys(questions)
            if not any(word in q for word in SKIPPED["words"]) and not ("StringBuilder" in q and lone in q)]
