"""Every read of the SDK whose arguments are known: the more is asked, the more answers are held against the models."""

import inspect
import os

from azure.core.exceptions import HttpResponseError

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
        "default_security_rule_name": "DenyAllInBound", "resource_name": CLUSTER, "agent_pool_name": "pool1", "release_id": "first",
        "gateway_id": "edge", "version_set_id": "orders", "tag_id": "blue", "backend_id": "shop", "logger_id": "events", "id": "snippet",
        "diagnostic_id": "applicationinsights", "schema_id": "order", "settings_type": "public", "template_name": "NewIssueNotificationMessage",
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
    """One of each kind that the article does not need."""
    from azure.mgmt.apimanagement import models as apim
    at = (GROUP, SERVICE)
    azure.apim.api_version_set.create_or_update(*at, "orders", apim.ApiVersionSetContract(display_name="Orders", versioning_scheme="Segment"))
    azure.apim.api_release.create_or_update(*at, API, "first", apim.ApiReleaseContract(api_id=f"/apis/{API}", notes="first"))
    azure.apim.backend.create_or_update(*at, "shop", apim.BackendContract(url="http://10.10.1.5", protocol="http"))
    azure.apim.gateway.create_or_update(*at, "edge", apim.GatewayContract(location_data=apim.ResourceLocationDataContract(name="here")))
    azure.apim.tag.create_or_update(*at, "blue", apim.TagCreateUpdateParameters(display_name="blue"))
    azure.apim.tag.assign_to_api(*at, API, "blue")
    azure.apim.policy_fragment.begin_create_or_update(*at, "snippet", apim.PolicyFragmentContract(value="<fragment />", format="rawxml")).result()
    azure.apim.logger.create_or_update(*at, "events", apim.LoggerContract(logger_type="applicationInsights", credentials={"instrumentationKey": "00000000-0000-0000-0000-000000000000"}))
    diagnostic = apim.DiagnosticContract(logger_id="/loggers/events", always_log="allErrors")
    azure.apim.diagnostic.create_or_update(*at, "applicationinsights", diagnostic)
    azure.apim.policy.create_or_update(*at, "policy", apim.PolicyContract(value="<policies><inbound /><backend><forward-request /></backend><outbound /></policies>", format="rawxml"))
    schema = apim.GlobalSchemaContract(schema_type="json", document={"type": "object"})
    azure.apim.global_schema.begin_create_or_update(*at, "order", schema).result()
    azure.apim.user.create_or_update(*at, "ada", apim.UserCreateParameters(email="ada@example.com", first_name="Ada", last_name="L"))


def everything_that_can_be_read(azure):
    """No read ends in an error that is not honest."""
    more(azure)
    known, count, wrong, refused = names(azure), 0, [], 0
    for client in (azure.apim, azure.network, azure.containers, azure.resources, azure.authorization):
        for name, method, wanted in reads_of(client):
            if set(wanted) - set(known):
                if os.environ.get("SHOW"): print("SKIP", name, wanted)
                continue
            found = read(method, {one: known[one] for one in wanted})
            count += 1
            if os.environ.get("SHOW"): print("READ", name, wanted, found)
            refused += found is not None
            if found is not None and found[0] >= 500 and found not in ACCEPTED:
                wrong.append(f"{name}: {found}")
    print(f"    {count} reads, {refused} of them refused")
    if wrong:
        raise AssertionError("\n".join(wrong))
