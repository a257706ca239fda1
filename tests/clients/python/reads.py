"""Every read of the SDK whose arguments are known: the more is asked, the more answers are held against the models."""

import inspect

from azure.core.exceptions import HttpResponseError

from kinds import KINDS
from system import API, CLUSTER, GROUP, LOCATION, PRODUCT, SERVICE, VNET

READS = ("get", "list")
# What the sandbox says honestly that it does not do; the answer to a HEAD has no body that could say it.
ACCEPTED = {(501, "NotImplementedBySandbox"), (501, None)}


def names(azure):
    """The arguments that a read may ask for."""
    return {
        "resource_group_name": GROUP, "location": LOCATION, "location_name": LOCATION, "scope": azure.subnets["aks-subnet"],
        "service_name": SERVICE, "api_id": API, "operation_id": "get", "product_id": PRODUCT, "sid": "python", "policy_id": "policy",
        "named_value_id": "colour", "group_id": "developers", "user_id": "1", "access_name": "access", "virtual_network_name": VNET,
        "subnet_name": "aks-subnet", "network_security_group_name": "apim-nsg", "security_rule_name": "in-clients",
        "default_security_rule_name": "DenyAllInBound", "resource_name": CLUSTER, "agent_pool_name": "pool1", "settings_type": "public", "template_name": "NewIssueNotificationMessage",
        "notification_name": "RequestPublisherNotificationMessage", "cache_id": "default", "resource_provider_namespace": "Microsoft.ApiManagement",
    }


def reads_of(client):
    """The client's reads: their names, and what they want."""
    for group_name, group in sorted(vars(client).items()):
        if group_name.startswith("_") or "workspace" in group_name:
            continue
        for name in sorted(dir(type(group))):
            method = getattr(group, name, None)
            if name.startswith(READS) and callable(method):
                parameters = inspect.signature(method).parameters.values()
                positional = [one for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty]
                yield f"{group_name}.{name}", method, [one.name for one in positional]


def read(method, arguments):
    """Reads, and follows the pages of a list. The code of an error, else nothing."""
    try:
        answer = method(**arguments)
        if hasattr(answer, "by_page"):
            for _ in answer:
                pass
    except HttpResponseError as error:
        return error.status_code, error.error.code if error.error else None
    return None


def more(azure):
    """One of each kind that the article does not need. What cannot be made, and the arguments that reads of it want."""
    refused, known = [], {}
    for operation, wanted, properties in KINDS:
        group, name = operation.split(".")
        body = {} if properties is None else {"parameters": {"properties": properties}}
        try:
            made = getattr(getattr(azure.apim, group), name)(resource_group_name=GROUP, service_name=SERVICE, **wanted, **body)
            if name.startswith("begin_"):
                made.result()
        except HttpResponseError as error:
            refused.append(f"{operation} {wanted}: {error.status_code} {error.message[:300]}")
        known = wanted | known  # The first of a name stays: `order` is a schema of the service as well.
    return refused, known


def everything_that_can_be_read(azure):
    """No read ends in an error that is not honest."""
    wrong, made = more(azure)
    known, count, refused = made | names(azure), 0, 0
    for client in (azure.apim, azure.network, azure.containers, azure.resources, azure.authorization):
        for name, method, wanted in reads_of(client):
            if set(wanted) - set(known):
                continue
            of_books = {"api_id": "books"} if "graph_ql" in name else {}
            found = read(method, {one: (known | of_books)[one] for one in wanted})
            count += 1
            refused += found is not None
            if found is not None and found[0] >= 500 and found not in ACCEPTED:
                wrong.append(f"{name}: {found}")
    print(f"    {count} reads, {refused} of them refused")
    if wrong:
        raise AssertionError("\n".join(wrong))
