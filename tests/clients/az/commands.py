"""The commands: what is typed, what Azure answers, and what later commands need of it."""

import os
import re
from dataclasses import dataclass, field
from typing import Any

GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
GROUP, VNET, CLUSTER, SERVICE = "rg", "vnet", "aks", "apimlab-az"


@dataclass
class Step:
    """One command."""

    words: list
    expected: Any = None
    keep: dict = field(default_factory=dict)
    fails: str | None = None


def step(text, expected=None, keep=None, fails=None):
    """A command without spaces in its words."""
    return Step(text.split(), expected, keep or {}, fails)


def a_guid(value):
    return isinstance(value, str) and bool(GUID.match(value))


def a_text(value):
    return isinstance(value, str) and bool(value)


def nothing(value):
    return value in (None, "", [], {})


def named(*names):
    """A list of things with these names, in any order."""
    def a_list_of_them(value):
        return sorted(one["name"] for one in value) == sorted(names)
    a_list_of_them.__name__ = f"a list of {', '.join(names)}"
    return a_list_of_them


def having(name, value):
    """A list in which something has this value."""
    def a_list_with_it(found):
        return any(one.get(name) == value for one in found)
    a_list_with_it.__name__ = f"a list with {name} {value}"
    return a_list_with_it


AT = f"-g {GROUP}"
OF_SERVICE = f"-g {GROUP} --service-name {SERVICE}"
TEMPLATE = """{
    // az sends this as it is.
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"suffix": {"type": "string"}},
    "resources": [{"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01",
        "name": "[concat('made-', parameters('suffix'))]", "location": "[resourceGroup().location]", "properties": {}}],
    "outputs": {"id": {"type": "string", "value": "[resourceId('Microsoft.Network/networkSecurityGroups', concat('made-', parameters('suffix')))]"}}
}
"""
DOCUMENT = """{"openapi": "3.0.1", "info": {"title": "Pets", "version": "1"}, "servers": [{"url": "http://10.10.1.5"}],
    "paths": {"/pets": {"get": {"operationId": "list", "responses": {"200": {"description": "all"}}}}}}"""


def account():
    return [
        step("account show", {"environmentName": "apimlab", "isDefault": True, "state": "Enabled", "tenantId": a_guid,
                              "user": {"name": a_guid, "type": "servicePrincipal"}}, {"subscription": "id", "client": "user.name"}),
        step("account list", [{"id": "{subscription}", "isDefault": True}]),
        step("account list-locations", having("name", "westus2")),
        step("cloud show", {"name": "apimlab", "isActive": True, "endpoints": {"resourceManager": a_text, "activeDirectory": a_text}}),
    ]


def groups():
    group = {"name": GROUP, "location": "westus2", "type": "Microsoft.Resources/resourceGroups", "properties": {"provisioningState": "Succeeded"}}
    return [
        step(f"group exists -n {GROUP}", False),
        step(f"group create -n {GROUP} -l westus2 --tags a=b", group | {"tags": {"a": "b"}}, {"group": "id"}),
        step(f"group exists -n {GROUP}", True),
        step(f"group show -n {GROUP}", group),
        step("group list", named(GROUP)),
        step(f"group update -n {GROUP} --tags c=d", group | {"tags": {"c": "d"}}),
        step("group show -n nothing", fails="(ResourceGroupNotFound) Resource group 'nothing' could not be found."),
        step("provider register -n Microsoft.ApiManagement --wait", nothing),
        step("provider show -n Microsoft.ApiManagement", {"namespace": "Microsoft.ApiManagement", "registrationState": "Registered"}),
    ]


def network():
    subnet = {"name": "aks", "addressPrefix": "10.10.1.0/24", "provisioningState": "Succeeded", "resourceGroup": GROUP,
              "type": "Microsoft.Network/virtualNetworks/subnets"}
    of = f"{AT} --vnet-name {VNET}"
    rule = {"name": "in", "priority": 100, "access": "Allow", "direction": "Inbound", "protocol": "Tcp", "sourceAddressPrefix": "ApiManagement",
            "destinationAddressPrefix": "VirtualNetwork", "destinationPortRange": "3443", "sourcePortRange": "*", "provisioningState": "Succeeded"}
    return [
        step(f"network vnet create {AT} -n {VNET} --address-prefixes 10.10.0.0/16 --subnet-name first --subnet-prefixes 10.10.9.0/24",
             {"newVNet": {"name": VNET, "location": "westus2", "addressSpace": {"addressPrefixes": ["10.10.0.0/16"]}, "provisioningState": "Succeeded",
                          "enableDdosProtection": False, "subnets": [{"name": "first", "addressPrefix": "10.10.9.0/24"}]}}, {"vnet": "newVNet.id"}),
        step(f"network vnet subnet create {of} -n aks --address-prefixes 10.10.1.0/24", subnet, {"subnet": "id"}),
        step(f"network vnet subnet create {of} -n apim --address-prefixes 10.10.2.0/24", {"addressPrefix": "10.10.2.0/24"}, {"apim_subnet": "id"}),
        step(f"network vnet subnet show {of} -n aks", subnet | {"id": "{subnet}"}),
        step(f"network vnet subnet list {of}", named("first", "aks", "apim")),
        step(f"network vnet show {AT} -n {VNET}", {"id": "{vnet}", "subnets": named("first", "aks", "apim")}),
        step(f"network vnet subnet create {of} -n wrong --address-prefixes 10.10.1.0/25", fails="NetcfgSubnetRangesOverlap"),
        step(f"network nsg create {AT} -n nsg", {"NewNSG": {"name": "nsg", "securityRules": [], "provisioningState": "Succeeded", "defaultSecurityRules": named(
            "AllowVnetInBound", "AllowAzureLoadBalancerInBound", "DenyAllInBound", "AllowVnetOutBound", "AllowInternetOutBound", "DenyAllOutBound")}}, {"nsg": "NewNSG.id"}),
        step(f"network nsg rule create {AT} --nsg-name nsg -n in --priority 100 --source-address-prefixes ApiManagement "
             "--destination-address-prefixes VirtualNetwork --destination-port-ranges 3443 --protocol Tcp", rule),
        step(f"network nsg rule list {AT} --nsg-name nsg", [rule]),
        step(f"network nsg show {AT} -n nsg", {"securityRules": [rule]}),
        step(f"network vnet subnet update {of} -n apim --nsg nsg", {"networkSecurityGroup": {"id": "{nsg}"}}),
        step(f"network public-ip create {AT} -n ip --sku Standard --allocation-method Static --dns-name apimlab-az --version IPv4", {"publicIp": {
            "name": "ip", "publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", "sku": {"name": "Standard"}, "ipAddress": a_text,
            "dnsSettings": {"domainNameLabel": "apimlab-az", "fqdn": "apimlab-az.westus2.cloudapp.azure.com"}}}),
        step(f"network public-ip list {AT}", named("ip")),
    ]


def directory():
    return [
        step("ad app create --display-name lab", {"displayName": "lab", "appId": a_guid, "id": a_guid}, {"app": "appId", "object": "id"}),
        step("ad app list --display-name lab", [{"appId": "{app}"}]),
        step("ad sp create --id {app}", {"appId": "{app}", "servicePrincipalType": "Application", "displayName": "lab"}, {"principal": "id"}),
        step("ad sp show --id {app}", {"id": "{principal}", "servicePrincipalNames": ["{app}"]}),
        step("ad app credential reset --id {app}", {"appId": "{app}", "password": a_text, "tenant": a_guid}, {"secret": "password"}),
        step("ad app show --id {app}", {"id": "{object}", "passwordCredentials": lambda found: len(found) == 1}),
        step("role definition list --name Contributor", [{"roleName": "Contributor", "roleType": "BuiltInRole"}]),
        step("role assignment create --role Contributor --assignee-object-id {object} --assignee-principal-type ServicePrincipal --scope {group}", fails="{principal}"),
        step("role assignment create --role Contributor --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --scope {group}",
             {"principalId": "{principal}", "principalType": "ServicePrincipal", "scope": "{group}", "name": a_guid}, {"grant": "id"}),
        step("role assignment create --role Contributor --assignee {app} --scope {group}", {"id": "{grant}"}),
        step("role assignment create --role Reader --assignee {app} --scope {group}", {"principalId": "{principal}"}),
        step("role assignment list --assignee {app} --scope {group}", lambda found: sorted(one["roleDefinitionName"] for one in found) == ["Contributor", "Reader"]),
        step("role assignment delete --ids {grant}", nothing),
        step("role assignment list --scope {group}", lambda found: [one["roleDefinitionName"] for one in found if one["principalName"] != "x"] == ["Reader"]),
        step("role assignment create --role Contributor --assignee {app} --scope {group}", {"principalId": "{principal}"}),
        step("ad sp create-for-rbac -n robot --role Reader --scopes {group}", {"appId": a_guid, "displayName": "robot", "password": a_text, "tenant": a_guid}),
    ]


def clusters():
    pool = {"name": "nodepool1", "count": 1, "vmSize": "Standard_D2_v2", "mode": "System", "provisioningState": "Succeeded", "vnetSubnetId": "{subnet}"}
    cluster = {"name": CLUSTER, "provisioningState": "Succeeded", "agentPoolProfiles": [pool], "resourceGroup": GROUP, "powerState": {"code": "Running"},
               "servicePrincipalProfile": {"clientId": "{app}"}, "nodeResourceGroup": f"MC_{GROUP}_{CLUSTER}_westus2"}
    return [
        step(f"aks create {AT} -n {CLUSTER} --service-principal {{app}} --client-secret {{secret}} --node-count 1 --node-vm-size Standard_D2_v2 "
             "--vnet-subnet-id {subnet} --no-ssh-key", cluster, {"cluster": "id"}),
        step(f"aks show {AT} -n {CLUSTER}", cluster | {"id": "{cluster}"}),
        step("aks list", named(CLUSTER)),
        step(f"aks nodepool list {AT} --cluster-name {CLUSTER}", [{"name": "nodepool1", "count": 1, "mode": "System"}]),
        step(f"aks get-credentials {AT} -n {CLUSTER} -f {{folder}}/user", nothing),
        step(f"aks get-credentials {AT} -n {CLUSTER} -f {{folder}}/admin --admin", nothing),
        step(f"aks scale {AT} -n {CLUSTER} --node-count 2", {"agentPoolProfiles": [{"count": 2}]}),
        step(f"aks create {AT} -n managed --enable-managed-identity --node-count 1 --vnet-subnet-id {{subnet}} --no-ssh-key",
             {"identity": {"type": "SystemAssigned", "principalId": a_guid}, "provisioningState": "Succeeded", "servicePrincipalProfile": {"clientId": "msi"}},
             {"managed": "identity.principalId"}),
        step("role assignment list --scope {subnet}", lambda found: [one["roleDefinitionName"] for one in found] == ["Network Contributor"]),
        step("aks delete -g rg -n managed --yes", nothing),
        step("aks show -g rg -n managed", fails="ResourceNotFound"),
    ]


def service():
    shown = {"name": SERVICE, "provisioningState": "Succeeded", "publisherEmail": "owner@example.com", "sku": {"name": "Developer", "capacity": 1},
             "gatewayUrl": f"https://{SERVICE}.azure-api.net", "type": "Microsoft.ApiManagement/service", "virtualNetworkType": "None"}
    return [
        step(f"apim check-name -n {SERVICE}", {"nameAvailable": True, "reason": "Valid"}),
        step(f"apim create {AT} -n {SERVICE} -l westus2 --publisher-name Nills --publisher-email owner@example.com --sku-name Developer", shown, {"service": "id"}),
        step(f"apim check-name -n {SERVICE}", {"nameAvailable": False, "reason": "AlreadyExists"}),
        step(f"apim show {AT} -n {SERVICE}", shown | {"id": "{service}", "customProperties": lambda found: isinstance(found, dict)}),
        step("apim list", named(SERVICE)),
        step(f"apim update {AT} -n {SERVICE} --publisher-name Other --tags x=y", shown | {"publisherName": "Other", "tags": {"x": "y"}}),
        step(f"apim wait {AT} -n {SERVICE} --created", nothing),
        step(f"apim apply-network-updates {AT} -n {SERVICE} -l westus2", {"name": SERVICE}),
    ]


def apis():
    api = {"name": "example", "displayName": "Example", "path": "nginx", "apiRevision": "1", "isCurrent": True, "serviceUrl": "http://10.10.1.5",
           "subscriptionRequired": False, "subscriptionKeyParameterNames": {"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}}
    return [
        step(f"apim api create {OF_SERVICE} --api-id example --path nginx --display-name Example --service-url http://10.10.1.5", api),
        step(f"apim api show {OF_SERVICE} --api-id example", api),
        step(f"apim api update {OF_SERVICE} --api-id example --description changed", api | {"description": "changed"}),
        step(f"apim api list {OF_SERVICE}", named("example")),
        step(f"apim api import {OF_SERVICE} --api-id pets --path pets --specification-format OpenApiJson --specification-path {{folder}}/pets.json",
             {"name": "pets", "displayName": "Pets", "path": "pets"}),
        step(f"apim api export {OF_SERVICE} --api-id pets --ef OpenApiJsonFile --file-path {{folder}}", fails="NotImplementedBySandbox"),
        step(f"apim api operation create {OF_SERVICE} --api-id example --operation-id get --url-template / --method GET --display-name get",
             {"name": "get", "method": "GET", "urlTemplate": "/", "displayName": "get"}),
        step(f"apim api operation update {OF_SERVICE} --api-id example --operation-id get --description all", {"description": "all"}),
        step(f"apim api operation list {OF_SERVICE} --api-id pets", [{"name": "list", "method": "GET", "urlTemplate": "/pets"}]),
        step(f"apim api operation show {OF_SERVICE} --api-id example --operation-id get", {"name": "get"}),
        step(f"apim product create {OF_SERVICE} --product-id open --product-name Open --subscription-required false --state published",
             {"name": "open", "displayName": "Open", "state": "published", "subscriptionRequired": False}),
        step(f"apim product update {OF_SERVICE} --product-id open --description all", {"description": "all", "state": "published"}),
        step(f"apim product list {OF_SERVICE}", named("open")),
        step(f"apim product api add {OF_SERVICE} --product-id open --api-id example", {"name": "example"}),
        step(f"apim product api check {OF_SERVICE} --product-id open --api-id example", lambda found: found in (True, None)),
        step(f"apim product api list {OF_SERVICE} --product-id open", named("example")),
        step(f"apim product api delete {OF_SERVICE} --product-id open --api-id example", nothing),
        step(f"apim nv create {OF_SERVICE} --named-value-id colour --display-name colour --value blue", {"name": "colour", "value": "blue", "secret": False}),
        step(f"apim nv update {OF_SERVICE} --named-value-id colour --value red", {"value": "red"}),
        step(f"apim nv create {OF_SERVICE} --named-value-id hidden --display-name hidden --value black --secret true", {"secret": True}),
        step(f"apim nv show-secret {OF_SERVICE} --named-value-id hidden", {"value": "black"}),
        step(f"apim nv list {OF_SERVICE}", named("colour", "hidden")),
        step(f"apim nv delete {OF_SERVICE} --named-value-id hidden --yes", nothing),
        step(f"apim api revision create {OF_SERVICE} --api-id example --api-revision 2 --api-revision-description more", {"apiRevision": "2"}),
        step(f"apim api revision list {OF_SERVICE} --api-id example", lambda found: sorted(one["apiRevision"] for one in found) == ["1", "2"]),
        step(f"apim api release create {OF_SERVICE} --api-id example --release-id first --api-revision 2 --notes more", {"name": "first", "notes": "more"}),
        step(f"apim api release list {OF_SERVICE} --api-id example", named("first")),
        step(f"apim api versionset create {OF_SERVICE} --version-set-id orders --display-name Orders --versioning-scheme Segment",
             {"name": "orders", "versioningScheme": "Segment"}),
        step(f"apim api versionset list {OF_SERVICE}", named("orders")),
        step(f"apim api schema create {OF_SERVICE} --api-id example --schema-id order --schema-type application/vnd.oai.openapi.components+json "
             "--schema-path {folder}/schema.json", {"name": "order"}),
        step(f"apim api delete {OF_SERVICE} --api-id pets --yes", nothing),
        step(f"apim api show {OF_SERVICE} --api-id pets", fails="ResourceNotFound"),
    ]


def templates():
    with_template = f"{AT} --template-file {{folder}}/template.json --parameters suffix=it"
    return [
        step(f"deployment group validate {with_template}", {"error": None, "properties": {"provisioningState": "Succeeded"}}),
        step(f"deployment group what-if {with_template} --no-pretty-print", {"status": "Succeeded", "changes": lambda found: [one["changeType"] for one in found if "made-it" in one["resourceId"]] == ["Create"]}),
        step(f"deployment group create {with_template} -n first", {"name": "first", "properties": {"provisioningState": "Succeeded", "mode": "Incremental",
             "outputs": {"id": {"type": "String", "value": f"{{group}}/providers/Microsoft.Network/networkSecurityGroups/made-it"}}}}),
        step(f"deployment group show {AT} -n first", {"name": "first", "properties": {"provisioningState": "Succeeded"}}),
        step(f"deployment group list {AT}", named("first")),
        step(f"network nsg show {AT} -n made-it", {"name": "made-it"}),
        step(f"deployment group what-if {with_template} --no-pretty-print", {"changes": lambda found: [one["changeType"] for one in found if "made-it" in one["resourceId"]] == ["NoChange"]}),
        step(f"resource list {AT}", named(CLUSTER, SERVICE, VNET, "nsg", "made-it", "ip")),
        step("resource show --ids {service}", {"name": SERVICE, "type": "Microsoft.ApiManagement/service"}),
        step("resource list --resource-type Microsoft.ApiManagement/service", named(SERVICE)),
    ]


def STEPS(folder):
    """All of them, and the files that they read."""
    files = {"pets.json": DOCUMENT, "template.json": TEMPLATE, "schema.json": '{"schemas": {"order": {"type": "object"}}}'}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return [*account(), *groups(), *network(), *directory(), *clusters(), *service(), *apis(), *templates()]


DELETED = [
    # az prints what the last look at the operation said, in the form of a service.
    step(f"apim delete {AT} -n {SERVICE} --yes", lambda found: True),
    step("apim deletedservice list", named(SERVICE)),
    step(f"apim deletedservice show -l westus2 -n {SERVICE}", {"name": SERVICE, "scheduledPurgeDate": a_text}),
    step(f"apim deletedservice purge -l westus2 -n {SERVICE}", nothing),
    step("apim deletedservice list", []),
    step(f"aks delete {AT} -n {CLUSTER} --yes", nothing),
    step(f"group delete -n {GROUP} --yes", nothing),
    step(f"group exists -n {GROUP}", False),
    step("group list", []),
]
