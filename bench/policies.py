"""What the sandbox's service does: `shop` is the work that all proxies do, `heavy` the same with ten more policies,
three of them with a C# expression, and `further` the same with some more simple policies."""

import json

from sandbox import Arm, key_text

KEYS = 1000

WORK_IN = """
<rate-limit-by-key calls="1000000" renewal-period="60" counter-key="@(context.Subscription.Id)" />
<set-header name="X-Sub-Id" exists-action="override"><value>@(context.Subscription.Id)</value></set-header>
<set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
<rewrite-uri template="/int/{size}" />"""

WORK_OUT = """
<set-header name="Server" exists-action="delete" />
<set-header name="X-Powered-By" exists-action="delete" />
<set-header name="X-Gateway" exists-action="override"><value>1</value></set-header>"""

MORE_IN = """
<set-variable name="tier" value="@(context.Request.Headers.GetValueOrDefault(&quot;X-Tier&quot;, &quot;free&quot;))" />
<set-header name="X-Caller" exists-action="override">
  <value>@(context.Request.Method + ":" + context.Request.Url.Path)</value></set-header>
<set-header name="X-Region" exists-action="override"><value>westeurope</value></set-header>
<set-header name="X-Stage" exists-action="skip"><value>live</value></set-header>
<set-header name="X-Internal" exists-action="delete" />
<set-query-parameter name="v" exists-action="override"><value>1</value></set-query-parameter>
<set-variable name="began" value="1" />"""

MORE_OUT = """
<set-header name="X-Class" exists-action="override">
  <value>@((string)context.Variables["tier"] + ":" + (context.Response.StatusCode >= 500 ? "err" : "ok"))</value></set-header>
<set-header name="X-Frame-Options" exists-action="override"><value>DENY</value></set-header>
<set-header name="X-AspNet-Version" exists-action="delete" />"""

# Simple policies, for the row "each further simple policy".
SIMPLE = (
    '<set-header name="X-Further-{number}" exists-action="override"><value>{number}</value></set-header>',
    '<set-header name="X-Absent-{number}" exists-action="delete" />',
    '<set-variable name="further-{number}" value="{number}" />',
)
FURTHER = 21


def document(inbound="", outbound=""):
    """A policy document."""
    return (f"<policies><inbound><base />{inbound}</inbound><backend><base /></backend>"
            f"<outbound><base />{outbound}</outbound><on-error><base /></on-error></policies>")


def subscription(number):
    """The name that a key stands for."""
    return f"sub-{number:04d}"


def put_api(arm, name, backend_port, policy):
    """Makes an API with one operation and its policy."""
    arm.put(f"apis/{name}", {"displayName": name, "path": f"{name}/v1", "protocols": ["http"], "subscriptionRequired": True,
                             "serviceUrl": f"http://127.0.0.1:{backend_port}"})
    arm.put(f"apis/{name}/operations/get", {
        "displayName": "get", "method": "GET", "urlTemplate": "/{size}",
        "templateParameters": [{"name": "size", "type": "string", "required": True}]})
    arm.put_policy(f"apis/{name}/", policy)


def put_keys(arm, number):
    """Makes so many subscriptions to all APIs."""
    for each in range(number):
        arm.put(f"subscriptions/{subscription(each)}", {
            "displayName": subscription(each), "scope": "/apis", "state": "active",
            "primaryKey": key_text(each), "secondaryKey": key_text(each + 100_000)})


def fill(environment, backend_port):
    """Fills an empty sandbox: ten APIs and a thousand subscriptions."""
    arm = Arm(environment)
    arm.put_service()
    work = document(WORK_IN, WORK_OUT)
    put_api(arm, "shop", backend_port, work)
    put_api(arm, "heavy", backend_port, document(WORK_IN + MORE_IN, WORK_OUT + MORE_OUT))
    further = "".join(SIMPLE[number % len(SIMPLE)].format(number=number) for number in range(FURTHER))
    put_api(arm, "further", backend_port, document(WORK_IN + further, WORK_OUT))
    for number in range(7):
        put_api(arm, f"other{number}", backend_port, work)
    put_keys(arm, KEYS)


def fill_large(environment, backend_port):
    """Fills an empty sandbox: ten APIs of a thousand operations each, from OpenAPI documents, each API with a policy."""
    arm = Arm(environment)
    arm.put_service()
    for number in range(10):
        arm.put(f"apis/large{number}", {
            "displayName": f"large{number}", "path": f"large{number}/v1", "protocols": ["http"], "format": "openapi+json",
            "serviceUrl": f"http://127.0.0.1:{backend_port}", "value": json.dumps(large_api(number))})
        arm.put_policy(f"apis/large{number}/", document(WORK_IN.replace("{size}", "s64"), WORK_OUT))
    put_keys(arm, 10)


def large_api(number):
    """A thousand operations as an OpenAPI document."""
    parameter = {"name": "size", "in": "path", "required": True, "schema": {"type": "string"}}
    answer = {"200": {"description": "it is there"}}
    paths = {f"/part{each}/{{size}}": {"get": {"operationId": f"part{each}", "parameters": [parameter], "responses": answer}}
             for each in range(1000)}
    return {"openapi": "3.0.1", "info": {"title": f"Large {number}", "version": "1"}, "paths": paths}
