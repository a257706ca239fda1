"""The az CLI on the sandbox: each command once, its output held against what Azure answers. `N passed, N failed`."""

import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "bench"))

from commands import DELETED, STEPS  # noqa: E402
from sandbox import Sandbox  # noqa: E402


class Az:
    """`apimlab az`, and what earlier commands answered."""

    def __init__(self, sandbox):
        self.sandbox, self.known = sandbox, {"folder": sandbox.folder}

    def run(self, words):
        """The exit code and the output of a command; names in braces are what earlier commands answered."""
        words = [filled(word, self.known) for word in words]
        environment = os.environ | {"AZURE_CORE_ONLY_SHOW_ERRORS": "true"}
        done = subprocess.run([*self.sandbox.command(), "az", *words, "-o", "json"], capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout, done.stderr

    def holds(self, step):
        """Whether the command answers what it should; says why not."""
        code, output, said = self.run(step.words)
        problems = self.compare(step, code, output, said)
        shown = " ".join(step.words[:4])
        if problems:
            print(f"FAILED: az {' '.join(step.words)}\n    " + "\n    ".join(problems), flush=True)
        else:
            print(f"    az {shown}", flush=True)
        return not problems

    def compare(self, step, code, output, said):
        """What is wrong with an answer."""
        if step.fails is not None:
            right = code != 0 and filled(step.fails, self.known) in said
            return [] if right else [f"ended with {code}: {said.strip()[:600]}"]
        if code != 0:
            return [f"ended with {code}: {said.strip()[:900]}"]
        try:
            found = json.loads(output) if output.strip() else None
        except ValueError:
            return [f"no JSON: {output[:300]}"]
        for name, path in step.keep.items():
            try:
                self.known[name] = at(found, path)
            except (KeyError, IndexError, TypeError):
                return [f"{path} is missing"]
        return differences(step.expected, found, "", self.known)


def filled(text, known):
    """The text with what earlier commands answered in place of `{name}`."""
    return re.sub(r"\{(\w+)\}", lambda found: str(known.get(found[1], found[0])), text)


def at(value, path):
    """A part of a value: `a.0.b`."""
    for part in filter(None, path.split(".")):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def differences(expected, found, path, known):
    """Where the answer is not what it should be: what is not mentioned may be anything, lists are whole."""
    place = path or "the answer"
    if callable(expected):
        return [] if expected(found) else [f"{place} is {found!r}, not {expected.__name__}"]
    if isinstance(expected, str):
        expected = filled(expected, known)
    if isinstance(expected, dict) and isinstance(found, dict):
        missing = [f"{path}.{name} is missing" for name in expected if name not in found]
        return missing + [one for name in expected if name in found for one in differences(expected[name], found[name], f"{path}.{name}", known)]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [one for index, pair in enumerate(zip(expected, found)) for one in differences(*pair, f"{path}[{index}]", known)]
    return [] if expected == found and type(expected) is type(found) else [f"{place} is {json.dumps(found)[:500]}, not {expected!r}"]


def main():
    results = [subprocess.run([system, sys.argv[1]]).returncode == 0 for system in sys.argv[2:]]
    sandbox = Sandbox(sys.argv[1])
    began = time.monotonic()
    try:
        sandbox.start(pace="quick")
        az = Az(sandbox)
        results += [az.holds(step) for step in [*STEPS(sandbox.folder), *DELETED]]
    finally:
        sandbox.remove()
    print(f"    {len(results)} checks in {time.monotonic() - began:.0f} s")
    print(f"az: {sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
