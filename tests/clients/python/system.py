"""The article's system, made and removed by the Azure SDK for Python. Each step is a check; they run in this order."""

import base64
import os
import tempfile
import urllib.error
import urllib.request
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import EnvironmentCredential
from azure.mgmt.apimanagement import ApiManagementClient, models as apim
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.containerservice import ContainerServiceClient, models as aks
from azure.mgmt.network import NetworkManagementClient, models as network
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient, models as resources
from kubernetes import client as kubernetes, config as kubeconfig, utils as kubernetes_utils

from ports import wait_for

GROUP, LOCATION = "blog-apim-and-aks", "westus2"
VNET, CLUSTER, SERVICE, API, PRODUCT = "apim-aks-vnet", "aks-for-apim", "blog-apim", "example-api", "nginx"
MANIFESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../scenarios/catalog/getting-started/private-api/manifests")


def same(found, expected):
    """Fails where two values differ."""
    if found != expected:
        raise AssertionError(f"{found!r}, expected {expected!r}")


def refused(call, status, code):
    """Fails unless the call ends with this error of Azure."""
    try:
        call()
    except HttpResponseError as error:
        same((error.status_code, error.error.code if error.error else None), (status, code))
        return
    raise AssertionError(f"an answer instead of {status} {code}")


class Azure:
    """The clients, as `apimlab env --for python` says that they are made."""

    def __init__(self):
        credential = EnvironmentCredential(disable_instance_discovery=True)
        arm, subscription = os.environ["APIMLAB_ARM_URL"], os.environ["AZURE_SUBSCRIPTION_ID"]
        # The SDK would wait 30 s between two looks at an operation.
        kind = {"base_url": arm, "credential_scopes": [arm + "/.default"], "polling_interval": 0.1}
        self.subscription = f"/subscriptions/{subscription}"
        self.resources = ResourceManagementClient(credential, subscription, **kind)
        self.deployments = DeploymentsMgmtClient(credential, subscription, **kind)
        self.network = NetworkManagementClient(credential, subscription, **kind)
        self.containers = ContainerServiceClient(credential, subscription, **kind)
        self.authorization = AuthorizationManagementClient(credential, subscription, **kind)
        self.apim = ApiManagementClient(credential, subscription, **kind)
        self.subnets, self.keys = {}, {}

    def call(self, path, key=None):
        """The status of a call through the gateway."""
        headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
        request = urllib.request.Request(os.environ["APIMLAB_GATEWAY_URL"] + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


def a_resource_group(azure):
    same(azure.resources.resource_groups.check_existence(GROUP), False)
    group = azure.resources.resource_groups.create_or_update(GROUP, resources.ResourceGroup(location=LOCATION, tags={"by": "python"}))
    same((group.name, group.location, group.properties.provisioning_state), (GROUP, LOCATION, "Succeeded"))
    same(azure.resources.resource_groups.check_existence(GROUP), True)


def a_network_with_two_subnets(azure):
    space = network.AddressSpace(address_prefixes=["10.10.0.0/16"])
    vnet = azure.network.virtual_networks.begin_create_or_update(GROUP, VNET, network.VirtualNetwork(location=LOCATION, address_space=space)).result()
    same((vnet.provisioning_state, vnet.address_space.address_prefixes), ("Succeeded", ["10.10.0.0/16"]))
    rule = network.SecurityRule(name="in-management", priority=100, direction="Inbound", access="Allow", protocol="Tcp",
                                source_address_prefix="ApiManagement", source_port_range="*",
                                destination_address_prefix="VirtualNetwork", destination_port_range="3443")
    group = network.NetworkSecurityGroup(location=LOCATION, security_rules=[rule])
    group = azure.network.network_security_groups.begin_create_or_update(GROUP, "apim-nsg", group).result()
    same([one.name for one in group.security_rules], ["in-management"])
    second = network.SecurityRule(priority=120, direction="Inbound", access="Allow", protocol="Tcp", source_address_prefix="Internet",
                                  source_port_range="*", destination_address_prefix="VirtualNetwork", destination_port_ranges=["80", "443"])
    azure.network.security_rules.begin_create_or_update(GROUP, "apim-nsg", "in-clients", second).result()
    same(sorted(one.name for one in azure.network.security_rules.list(GROUP, "apim-nsg")), ["in-clients", "in-management"])
    for name, prefix, guard in [("aks-subnet", "10.10.1.0/24", None), ("apim-subnet", "10.10.2.0/24", group)]:
        wanted = network.Subnet(address_prefix=prefix, network_security_group=guard and network.NetworkSecurityGroup(id=guard.id))
        subnet = azure.network.subnets.begin_create_or_update(GROUP, VNET, name, wanted).result()
        same((subnet.address_prefix, subnet.provisioning_state), (prefix, "Succeeded"))
        azure.subnets[name] = subnet.id
    same([one.name for one in azure.network.subnets.list(GROUP, VNET)], ["aks-subnet", "apim-subnet"])


def a_cluster_that_may_use_the_subnet(azure):
    pool = aks.ManagedClusterAgentPoolProfile(name="pool1", count=1, vm_size="Standard_D2_v2", mode="System", os_disk_size_gb=30,
                                              vnet_subnet_id=azure.subnets["aks-subnet"])
    cluster = aks.ManagedCluster(location=LOCATION, dns_prefix="nfaksapim", agent_pool_profiles=[pool],
                                 identity=aks.ManagedClusterIdentity(type="SystemAssigned"))
    cluster = azure.containers.managed_clusters.begin_create_or_update(GROUP, CLUSTER, cluster).result()
    same((cluster.provisioning_state, cluster.agent_pool_profiles[0].count), ("Succeeded", 1))
    role = next(iter(azure.authorization.role_definitions.list(azure.subscription, filter="roleName eq 'Network Contributor'")))
    wanted = RoleAssignmentCreateParameters(role_definition_id=role.id, principal_id=cluster.identity.principal_id, principal_type="ServicePrincipal")
    made = azure.authorization.role_assignments.create(azure.subnets["aks-subnet"], str(uuid.uuid4()), wanted)
    same((made.principal_id, made.scope), (cluster.identity.principal_id, azure.subnets["aks-subnet"]))
    same(made.name in [one.name for one in azure.authorization.role_assignments.list_for_scope(azure.subnets["aks-subnet"])], True)


def the_workload_on_it(azure):
    found = azure.containers.managed_clusters.list_cluster_user_credentials(GROUP, CLUSTER).kubeconfigs[0]
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(found.value if isinstance(found.value, bytes) else base64.b64decode(found.value))
        file.flush()
        kubeconfig.load_kube_config(file.name)
    api = kubernetes.ApiClient()
    for name in ["deployment.yaml", "service.yaml"]:
        kubernetes_utils.create_from_yaml(api, os.path.join(MANIFESTS, name))
    ready = lambda: kubernetes.AppsV1Api().read_namespaced_deployment("private-api", "default").status.ready_replicas == 2
    wait_for(ready, "the Deployment")
    addresses = lambda: kubernetes.CoreV1Api().read_namespaced_service("private-api", "default").status.load_balancer.ingress
    wait_for(addresses, "the load balancer")
    same([one.ip for one in addresses()], ["10.10.1.5"])


def a_service_with_an_api(azure):
    free = azure.apim.api_management_service.check_name_availability(apim.ApiManagementServiceCheckNameAvailabilityParameters(name=SERVICE))
    same(free.name_available, True)
    wanted = apim.ApiManagementServiceResource(location=LOCATION, publisher_name="Nills", publisher_email="owner@example.com",
                                               sku=apim.ApiManagementServiceSkuProperties(name="Developer", capacity=1))
    service = azure.apim.api_management_service.begin_create_or_update(GROUP, SERVICE, wanted).result()
    same((service.name, service.provisioning_state, service.gateway_url), (SERVICE, "Succeeded", f"https://{SERVICE}.azure-api.net"))
    wanted = apim.ApiCreateOrUpdateParameter(display_name="Example API", path="nginx", protocols=["http", "https"],
                                             service_url="http://10.10.1.5", subscription_required=True)
    api = azure.apim.api.begin_create_or_update(GROUP, SERVICE, API, wanted).result()
    same((api.name, api.path, api.api_revision, api.is_current), (API, "nginx", "1", True))
    operation = apim.OperationContract(display_name="get", method="GET", url_template="/")
    same(azure.apim.api_operation.create_or_update(GROUP, SERVICE, API, "get", operation).url_template, "/")
    product = apim.ProductContract(display_name="Test Product", subscription_required=True, approval_required=False, state="published")
    same(azure.apim.product.create_or_update(GROUP, SERVICE, PRODUCT, product).state, "published")
    same(azure.apim.product_api.create_or_update(GROUP, SERVICE, PRODUCT, API).name, API)
    same(azure.apim.product_api.check_entity_exists(GROUP, SERVICE, PRODUCT, API), True)


def a_subscription_with_keys(azure):
    wanted = apim.SubscriptionCreateParameters(scope=f"/products/{PRODUCT}", display_name="Python", state="active")
    made = azure.apim.subscription.create_or_update(GROUP, SERVICE, "python", wanted)
    same((made.display_name, made.state), ("Python", "active"))
    keys = azure.apim.subscription.list_secrets(GROUP, SERVICE, "python")
    same(len({keys.primary_key, keys.secondary_key, None}), 3)
    azure.keys = {"primary": keys.primary_key, "secondary": keys.secondary_key}


def the_gateway_joins_the_network(azure):
    same(azure.call("/nginx/", azure.keys["primary"]), 500)
    place = apim.VirtualNetworkConfiguration(subnet_resource_id=azure.subnets["apim-subnet"])
    wanted = apim.ApiManagementServiceUpdateParameters(virtual_network_type="External", virtual_network_configuration=place)
    service = azure.apim.api_management_service.begin_update(GROUP, SERVICE, wanted).result()
    same((service.virtual_network_type, service.provisioning_state), ("External", "Succeeded"))
    wait_for(lambda: azure.call("/nginx/", azure.keys["primary"]) == 200, "the way to the cluster")


def requests_through_the_gateway(azure):
    found = [azure.call("/nginx/", key) for key in (None, "wrong", azure.keys["primary"], azure.keys["secondary"])]
    same(found, [401, 401, 200, 200])
    same(azure.call("/other/", azure.keys["primary"]), 404)


def a_new_key_and_a_policy(azure):
    azure.apim.subscription.regenerate_primary_key(GROUP, SERVICE, "python")
    keys = azure.apim.subscription.list_secrets(GROUP, SERVICE, "python")
    same([azure.call("/nginx/", key) for key in (azure.keys["primary"], keys.primary_key)], [401, 200])
    azure.keys["primary"] = keys.primary_key
    document = '<policies><inbound><base /><return-response><set-status code="418" reason="Tea" /></return-response></inbound><backend><base /></backend><outbound><base /></outbound></policies>'
    policy = azure.apim.api_policy.create_or_update(GROUP, SERVICE, API, "policy", apim.PolicyContract(value=document, format="rawxml"))
    same("418" in policy.value, True)
    same(azure.call("/nginx/", azure.keys["primary"]), 418)
    broken = apim.PolicyContract(value=document.replace("set-status", "set-nothing"), format="rawxml")
    refused(lambda: azure.apim.api_policy.create_or_update(GROUP, SERVICE, API, "policy", broken), 400, "ValidationError")
    azure.apim.api_policy.delete(GROUP, SERVICE, API, "policy", if_match="*")
    same(azure.call("/nginx/", azure.keys["primary"]), 200)


def updates_and_lists(azure):
    etag = azure.apim.api.get_entity_tag(GROUP, SERVICE, API)
    same(bool(etag), True)
    changed = azure.apim.api.update(GROUP, SERVICE, API, if_match="*", parameters=apim.ApiUpdateContract(description="changed"))
    same((changed.description, changed.path), ("changed", "nginx"))
    stale = lambda: azure.apim.api.update(GROUP, SERVICE, API, if_match='"stale"', parameters=apim.ApiUpdateContract(description="no"))
    refused(stale, 412, "PreconditionFailed")
    same([one.name for one in azure.apim.api.list_by_service(GROUP, SERVICE)], [API])
    same([one.name for one in azure.apim.api.list_by_service(GROUP, SERVICE, filter=f"name eq '{API}'")], [API])
    same([one.name for one in azure.apim.product_api.list_by_product(GROUP, SERVICE, PRODUCT)], [API])
    same(SERVICE in [one.name for one in azure.apim.api_management_service.list()], True)
    same([one.name for one in azure.containers.managed_clusters.list_by_resource_group(GROUP)], [CLUSTER])
    kinds = sorted({one.type.lower() for one in azure.resources.resources.list_by_resource_group(GROUP)})
    same(kinds, ["microsoft.apimanagement/service", "microsoft.containerservice/managedclusters",
                 "microsoft.network/networksecuritygroups", "microsoft.network/virtualnetworks"])
    same(azure.resources.resource_groups.update(GROUP, resources.ResourceGroupPatchable(tags={"by": "sdk"})).tags, {"by": "sdk"})


def the_pool_grows(azure):
    pool = azure.containers.agent_pools.get(GROUP, CLUSTER, "pool1")
    pool.count = 2
    same(azure.containers.agent_pools.begin_create_or_update(GROUP, CLUSTER, "pool1", pool).result().count, 2)
    wait_for(lambda: len(kubernetes.CoreV1Api().list_node().items) == 2, "the second node")


def a_template(azure):
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
                "parameters": {"name": {"type": "string"}}, "outputs": {"said": {"type": "string", "value": "[parameters('name')]"}},
                "resources": [{"type": "Microsoft.ApiManagement/service/namedValues", "apiVersion": "2024-05-01",
                               "name": f"[concat('{SERVICE}/', parameters('name'))]", "properties": {"displayName": "colour", "value": "blue"}}]}
    wanted = {"properties": {"mode": "Incremental", "template": template, "parameters": {"name": {"value": "colour"}}}}
    done = azure.deployments.deployments.begin_create_or_update(GROUP, "more", wanted).result()
    same((done.properties.provisioning_state, done.properties.outputs["said"]["value"]), ("Succeeded", "colour"))
    same(azure.apim.named_value.get(GROUP, SERVICE, "colour").value, "blue")


def what_is_not_there(azure):
    refused(lambda: azure.apim.api_management_service.get(GROUP, "nobody"), 404, "ResourceNotFound")
    refused(lambda: azure.network.virtual_networks.get(GROUP, "nowhere"), 404, "ResourceNotFound")
    refused(lambda: azure.resources.resource_groups.get("nothing"), 404, "ResourceGroupNotFound")
    refused(lambda: azure.containers.managed_clusters.get(GROUP, "none"), 404, "ResourceNotFound")


def parts_are_deleted(azure):
    azure.apim.subscription.delete(GROUP, SERVICE, "python", if_match="*")
    same(azure.call("/nginx/", azure.keys["primary"]), 401)
    azure.apim.product.delete(GROUP, SERVICE, PRODUCT, if_match="*", delete_subscriptions=True)
    azure.apim.api.begin_delete(GROUP, SERVICE, API, if_match="*", delete_revisions=True).result()
    same(azure.call("/nginx/", azure.keys["primary"]), 404)
    azure.apim.api_management_service.begin_delete(GROUP, SERVICE).result()
    same(SERVICE in [one.name for one in azure.apim.deleted_services.list_by_subscription()], True)
    azure.apim.deleted_services.begin_purge(SERVICE, LOCATION).result()
    refused(lambda: azure.apim.deleted_services.get_by_name(SERVICE, LOCATION), 404, "ResourceNotFound")
    azure.containers.managed_clusters.begin_delete(GROUP, CLUSTER).result()


def the_group_is_deleted(azure):
    azure.resources.resource_groups.begin_delete(GROUP).result()
    same(azure.resources.resource_groups.check_existence(GROUP), False)
    try:
        azure.network.virtual_networks.get(GROUP, VNET)
    except ResourceNotFoundError:
        return
    raise AssertionError("the network is still there")


BUILD = [a_resource_group, a_network_with_two_subnets, a_cluster_that_may_use_the_subnet, the_workload_on_it, a_service_with_an_api,
         a_subscription_with_keys, the_gateway_joins_the_network, requests_through_the_gateway, a_new_key_and_a_policy,
         updates_and_lists, the_pool_grows, a_template, what_is_not_there]
REMOVE = [parts_are_deleted, the_group_is_deleted]
