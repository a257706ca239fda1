"""Proof that a proxy does the work before it is measured."""

from policies import subscription


def check(bench, proxy):
    """Prints what is wrong with a proxy's work; whether nothing is."""
    refused, _ = bench.ask(proxy, key="f" * 32)
    answer, seen = bench.ask(proxy, "/shop/v1/echo?a=b")
    seen, answer = seen.lower(), answer.lower()
    findings = {
        "a wrong key is refused": " 401 " in refused.partition("\r\n")[0],
        "the path is rewritten": seen.startswith("get /int/echo?a=b http/1.1\r\n"),
        "the key stays here": "subscription-key" not in seen,
        "the subscription is told": f"\r\nx-sub-id: {subscription(5)}\r\n" in seen,
        "the client is told": "\r\nx-forwarded-for: 127.0.0.1\r\n" in seen,
        "the host is the backend's": "\r\nhost: backend.internal\r\n" in seen or f"\r\nhost: 127.0.0.1:{bench.backend_port}\r\n" in seen,
        "the gateway is told": "\r\nx-gateway: 1" in answer,
        "the backend's software is not told": "x-powered-by" not in answer and "server: bench" not in answer,
    }
    for what, holds in findings.items():
        if not holds:
            print(f"{proxy.name}: not true that {what}\n{refused}\n{answer}\n{seen}")
    return all(findings.values())
