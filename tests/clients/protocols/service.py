"""What the gateway serves: an API for each protocol, made over ARM as any client would."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench"))

from sandbox import Arm  # noqa: E402

SCHEMA = """
type Query { book(id: ID!): Book }
type Mutation { add(title: String!): Book }
type Subscription { added: Book }
type Book { id: ID! title: String }
"""
AT_ONCE = '<policies><inbound /><backend><forward-request buffer-response="false" /></backend><outbound /></policies>'
GUARD = """<policies><inbound>
<choose><when condition='@(context.Request.Headers.GetValueOrDefault("who", "") == "nobody")'>
<return-response><set-status code="401" reason="Unauthorized" /></return-response></when></choose>
</inbound><backend><forward-request /></backend><outbound /></policies>"""


class Service:
    """API Management, filled."""

    def __init__(self, environment):
        self.arm = Arm(environment)
        self.arm.put_service()

    def api(self, name, operations=(), **properties):
        """An API, and its operations: a method and a template each."""
        common = {"displayName": name, "path": name, "subscriptionRequired": False, "protocols": ["http", "https"]}
        self.arm.put(f"apis/{name}", common | properties)
        for number, (method, template) in enumerate(operations):
            operation = {"displayName": f"o{number}", "method": method, "urlTemplate": template, "templateParameters": []}
            self.arm.put(f"apis/{name}/operations/o{number}", operation)

    def fill(self, http, socket, grpc):
        """All APIs, in front of the backends on these ports."""
        self.api("feed", [("GET", "/events")], serviceUrl=f"http://127.0.0.1:{http}")
        self.arm.put_policy("apis/feed/", AT_ONCE)
        self.api("socket", apiType="websocket", protocols=["ws", "wss"], serviceUrl=f"ws://127.0.0.1:{socket}/echo")
        self.api("greeter", [("POST", "/test.Greeter/*")], apiType="grpc", path="", serviceUrl=f"http://127.0.0.1:{grpc}")
        self.arm.put_policy("apis/greeter/", GUARD)
        self.books(f"http://127.0.0.1:{http}")

    def books(self, backend):
        """A GraphQL API with a resolver for each kind of question."""
        self.api("books", apiType="graphql", protocols=["http", "https", "ws", "wss"])
        schema = {"contentType": "application/vnd.ms-azure-apim.graphql.schema", "document": {"value": SCHEMA}}
        self.arm.put("apis/books/schemas/graphql", schema)
        of = '@($"' + backend + '/books/{context.GraphQL.Arguments["id"]}")'
        self.resolver("Query", "book", "GET", of, "")
        publish = '<publish-event><targets><graphql-subscription id="added" /></targets></publish-event>'
        self.resolver("Mutation", "add", "POST", f"{backend}/add", f"<http-response>{publish}</http-response>")

    def resolver(self, owner, field, method, url, answer):
        """What answers a field."""
        at = f"apis/books/resolvers/{field}"
        self.arm.put(at, {"displayName": field, "path": f"{owner}/{field}"})
        request = f"<http-request><set-method>{method}</set-method><set-url>{url}</set-url></http-request>"
        self.arm.put_policy(at + "/", f"<http-data-source>{request}{answer}</http-data-source>")
