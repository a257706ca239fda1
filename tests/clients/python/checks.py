"""The Azure SDK for Python on the sandbox: the article's system, and each answer held against the SDK's models. `N passed, N failed`."""

import os
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "bench"))

import models  # noqa: E402
import reads  # noqa: E402
import system  # noqa: E402
from sandbox import Sandbox  # noqa: E402


def passes(check, *arguments):
    """Whether the check holds; says why not."""
    try:
        check(*arguments)
    except Exception:  # An SDK may fail in any way; each is a check that failed.
        print(f"FAILED: {check.__name__}\n{traceback.format_exc(limit=-4)}", flush=True)
        return False
    print(f"    {check.__name__.replace('_', ' ')}", flush=True)
    return True


def answers_are_what_the_models_say(seen):
    """Every answer so far."""
    print(f"    {seen.answers} answers of {len(seen.samples)} kinds were held against the SDK's models")
    if seen.problems:
        raise AssertionError("\n".join(f"{problem} ({times}x)" for problem, times in sorted(seen.problems.items())))


def the_models_would_find_mistakes(seen):
    """A wrong name and a wrong kind of value are found everywhere but in objects that may hold anything."""
    tried, missed = models.overlooked(seen)
    print(f"    {tried} mistakes were tried on these answers")
    if missed:
        raise AssertionError("\n".join(sorted(missed)))


def exports(text):
    """What `apimlab env` prints for a shell, by name."""
    lines = (line.removeprefix("export ").split("=", 1) for line in text.splitlines() if line.startswith("export "))
    return {name: value.strip("'") for name, value in lines}


def main():
    sandbox = Sandbox(sys.argv[1])
    try:
        sandbox.start(pace="quick")
        # Exactly what a user gets, and what only this lane needs: where the gateway is.
        os.environ.update(exports(sandbox.run("env", "--for", "python")))
        os.environ["APIMLAB_GATEWAY_URL"] = sandbox.environment()["APIMLAB_GATEWAY_URL"].rstrip("/")
        seen, azure = models.watch("azure.mgmt"), system.Azure()
        results = [passes(check, azure) for check in system.BUILD]
        results.append(passes(reads.everything_that_can_be_read, azure))
        results += [passes(check, azure) for check in system.REMOVE]
        results.append(passes(answers_are_what_the_models_say, seen))
        results.append(passes(the_models_would_find_mistakes, seen))
    finally:
        sandbox.remove()
    print(f"python: {sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


sys.exit(main())
