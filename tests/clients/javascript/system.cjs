// The steps; each is a check, and they run in this order.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { randomUUID } = require("node:crypto");
const { KubeConfig, KubernetesObjectApi, AppsV1Api, CoreV1Api, loadAllYaml } = require("@kubernetes/client-node");
const { SOON, all, refused, until } = require("./azure.cjs");

const [GROUP, LOCATION] = ["blog-apim-and-aks", "westus2"];
const [VNET, CLUSTER, SERVICE, API, PRODUCT] = ["apim-aks-vnet", "aks-for-apim", "blog-apim", "example-api", "nginx"];
const AT = [GROUP, SERVICE];
const MANIFESTS = path.join(__dirname, "../../../scenarios/catalog/getting-started/private-api/manifests");
const names = async pages => (await all(pages)).map(one => one.name).sort();

async function aResourceGroup({ resources }) {
    assert.equal((await resources.resourceGroups.checkExistence(GROUP)).body, false);
    const group = await resources.resourceGroups.createOrUpdate(GROUP, { location: LOCATION, tags: { by: "javascript" } });
    assert.deepEqual([group.name, group.location, group.properties.provisioningState], [GROUP, LOCATION, "Succeeded"]);
    assert.equal((await resources.resourceGroups.checkExistence(GROUP)).body, true);
}

async function aNetworkWithTwoSubnets({ network, subnets }) {
    const space = { location: LOCATION, addressSpace: { addressPrefixes: ["10.10.0.0/16"] } };
    const vnet = await network.virtualNetworks.beginCreateOrUpdateAndWait(GROUP, VNET, space, SOON);
    assert.deepEqual([vnet.provisioningState, vnet.addressSpace.addressPrefixes], ["Succeeded", ["10.10.0.0/16"]]);
    const rule = {
        name: "in-management", priority: 100, direction: "Inbound", access: "Allow", protocol: "Tcp", sourceAddressPrefix: "ApiManagement",
        sourcePortRange: "*", destinationAddressPrefix: "VirtualNetwork", destinationPortRange: "3443",
    };
    const guard = await network.networkSecurityGroups.beginCreateOrUpdateAndWait(GROUP, "apim-nsg", { location: LOCATION, securityRules: [rule] }, SOON);
    assert.deepEqual(guard.securityRules.map(one => one.name), ["in-management"]);
    for (const [name, addressPrefix, networkSecurityGroup] of [["aks-subnet", "10.10.1.0/24"], ["apim-subnet", "10.10.2.0/24", { id: guard.id }]]) {
        const subnet = await network.subnets.beginCreateOrUpdateAndWait(GROUP, VNET, name, { addressPrefix, networkSecurityGroup }, SOON);
        assert.deepEqual([subnet.addressPrefix, subnet.provisioningState], [addressPrefix, "Succeeded"]);
        subnets[name] = subnet.id;
    }
    assert.deepEqual(await names(network.subnets.list(GROUP, VNET)), ["aks-subnet", "apim-subnet"]);
}

async function aClusterThatMayUseTheSubnet({ authorization, containers, subnets, subscription }) {
    const pool = { name: "pool1", count: 1, vmSize: "Standard_D2_v2", mode: "System", osDiskSizeGB: 30, vnetSubnetID: subnets["aks-subnet"] };
    const wanted = { location: LOCATION, dnsPrefix: "nfaksapim", agentPoolProfiles: [pool], identity: { type: "SystemAssigned" } };
    const cluster = await containers.managedClusters.createOrUpdate(GROUP, CLUSTER, wanted, SOON);
    assert.deepEqual([cluster.provisioningState, cluster.agentPoolProfiles[0].count], ["Succeeded", 1]);
    const [role] = await all(authorization.roleDefinitions.list(subscription, { filter: "roleName eq 'Network Contributor'" }));
    const { principalId } = cluster.identity;
    const grant = { roleDefinitionId: role.id, principalId, principalType: "ServicePrincipal" };
    const made = await authorization.roleAssignments.create(subnets["aks-subnet"], randomUUID(), grant);
    assert.deepEqual([made.principalId, made.scope], [principalId, subnets["aks-subnet"]]);
    assert((await names(authorization.roleAssignments.listForScope(subnets["aks-subnet"]))).includes(made.name));
}

async function theWorkloadOnIt(azure) {
    const { kubeconfigs: [found] } = await azure.containers.managedClusters.listClusterUserCredentials(GROUP, CLUSTER);
    const config = new KubeConfig();
    config.loadFromString(Buffer.from(found.value).toString());
    const objects = KubernetesObjectApi.makeApiClient(config);
    for (const file of ["deployment.yaml", "service.yaml"]) {
        for (const object of loadAllYaml(fs.readFileSync(path.join(MANIFESTS, file), "utf8"))) {
            object.metadata.namespace = "default";
            await objects.create(object);
        }
    }
    azure.nodes = config.makeApiClient(CoreV1Api);
    const [apps, name] = [config.makeApiClient(AppsV1Api), { name: "private-api", namespace: "default" }];
    await until(async () => (await apps.readNamespacedDeployment(name)).status.readyReplicas === 2, "the Deployment");
    const addresses = async () => (await azure.nodes.readNamespacedService(name)).status.loadBalancer.ingress;
    await until(addresses, "the load balancer");
    assert.deepEqual((await addresses()).map(one => one.ip), ["10.10.1.5"]);
}

async function aServiceWithAnApi({ apim }) {
    assert.equal((await apim.apiManagementService.checkNameAvailability({ name: SERVICE })).nameAvailable, true);
    const wanted = { location: LOCATION, sku: { name: "Developer", capacity: 1 }, publisherName: "Nills", publisherEmail: "owner@example.com" };
    const service = await apim.apiManagementService.beginCreateOrUpdateAndWait(...AT, wanted, SOON);
    assert.deepEqual([service.name, service.provisioningState, service.gatewayUrl], [SERVICE, "Succeeded", `https://${SERVICE}.azure-api.net`]);
    const api = { displayName: "Example API", path: "nginx", protocols: ["http", "https"], serviceUrl: "http://10.10.1.5", subscriptionRequired: true };
    const made = await apim.api.beginCreateOrUpdateAndWait(...AT, API, api, SOON);
    assert.deepEqual([made.name, made.path, made.apiRevision, made.isCurrent], [API, "nginx", "1", true]);
    const operation = { displayName: "get", method: "GET", urlTemplate: "/" };
    assert.equal((await apim.apiOperation.createOrUpdate(...AT, API, "get", operation)).urlTemplate, "/");
    const product = { displayName: "Test Product", subscriptionRequired: true, approvalRequired: false, state: "published" };
    assert.equal((await apim.product.createOrUpdate(...AT, PRODUCT, product)).state, "published");
    assert.equal((await apim.productApi.createOrUpdate(...AT, PRODUCT, API)).name, API);
}

async function aSubscriptionWithKeys(azure) {
    const wanted = { scope: "/products/" + PRODUCT, displayName: "JavaScript", state: "active" };
    const made = await azure.apim.subscription.createOrUpdate(...AT, "javascript", wanted);
    assert.deepEqual([made.displayName, made.state], ["JavaScript", "active"]);
    azure.keys = await azure.apim.subscription.listSecrets(...AT, "javascript");
    assert.equal(new Set([azure.keys.primaryKey, azure.keys.secondaryKey, undefined]).size, 3);
}

async function theGatewayJoinsTheNetwork(azure) {
    assert.equal(await azure.call("/nginx/", azure.keys.primaryKey), 500);
    const place = { virtualNetworkType: "External", virtualNetworkConfiguration: { subnetResourceId: azure.subnets["apim-subnet"] } };
    const service = await azure.apim.apiManagementService.beginUpdateAndWait(...AT, place, SOON);
    assert.deepEqual([service.virtualNetworkType, service.provisioningState], ["External", "Succeeded"]);
    await until(async () => await azure.call("/nginx/", azure.keys.primaryKey) === 200, "the way to the cluster");
}

async function requestsThroughTheGateway(azure) {
    const found = [];
    for (const key of [undefined, "wrong", azure.keys.primaryKey, azure.keys.secondaryKey]) found.push(await azure.call("/nginx/", key));
    assert.deepEqual(found, [401, 401, 200, 200]);
    assert.equal(await azure.call("/other/", azure.keys.primaryKey), 404);
}

async function aPolicy({ apim, call, keys: { primaryKey } }) {
    const value = '<policies><inbound><return-response><set-status code="418" reason="Tea" /></return-response></inbound><backend><base /></backend><outbound /></policies>';
    await apim.apiPolicy.createOrUpdate(...AT, API, "policy", { format: "rawxml", value });
    assert.equal(await call("/nginx/", primaryKey), 418);
    const broken = { format: "rawxml", value: value.replace("set-status", "set-nothing") };
    await refused(() => apim.apiPolicy.createOrUpdate(...AT, API, "policy", broken), 400, "ValidationError");
    await apim.apiPolicy.delete(...AT, API, "policy", "*");
    assert.equal(await call("/nginx/", primaryKey), 200);
}

async function updatesAndLists({ apim, containers, resources }) {
    const changed = await apim.api.update(...AT, API, "*", { description: "changed" });
    assert.deepEqual([changed.description, changed.path], ["changed", "nginx"]);
    await refused(() => apim.api.update(...AT, API, '"stale"', { description: "no" }), 412, "PreconditionFailed");
    assert.deepEqual(await names(apim.api.listByService(...AT)), [API]);
    assert.deepEqual(await names(apim.productApi.listByProduct(...AT, PRODUCT)), [API]);
    assert.deepEqual(await names(apim.apiManagementService.list()), [SERVICE]);
    assert.deepEqual(await names(containers.managedClusters.listByResourceGroup(GROUP)), [CLUSTER]);
    assert.deepEqual(await names(resources.resources.listByResourceGroup(GROUP)), [CLUSTER, "apim-nsg", VNET, SERVICE].sort());
    assert.deepEqual((await resources.resourceGroups.update(GROUP, { tags: { by: "sdk" } })).tags, { by: "sdk" });
    const value = await apim.namedValue.beginCreateOrUpdateAndWait(...AT, "colour", { displayName: "colour", value: "blue", secret: true }, SOON);
    assert.equal(value.secret, true);
    assert.equal((await apim.namedValue.listValue(...AT, "colour")).value, "blue");
}

async function thePoolGrows({ containers, nodes }) {
    const pool = await containers.agentPools.get(GROUP, CLUSTER, "pool1");
    assert.equal((await containers.agentPools.createOrUpdate(GROUP, CLUSTER, "pool1", { ...pool, count: 2 }, SOON)).count, 2);
    await until(async () => (await nodes.listNode()).items.length === 2, "the second node");
}

async function whatIsNotThere({ apim, containers, network, resources }) {
    await refused(() => apim.apiManagementService.get(GROUP, "nobody"), 404, "ResourceNotFound");
    await refused(() => network.virtualNetworks.get(GROUP, "nowhere"), 404, "ResourceNotFound");
    await refused(() => resources.resourceGroups.get("nothing"), 404, "ResourceGroupNotFound");
    await refused(() => containers.managedClusters.get(GROUP, "none"), 404, "ResourceNotFound");
}

async function partsAreDeleted({ apim, call, containers, keys: { primaryKey } }) {
    await apim.subscription.delete(...AT, "javascript", "*");
    assert.equal(await call("/nginx/", primaryKey), 401);
    await apim.product.delete(...AT, PRODUCT, "*", { deleteSubscriptions: true });
    await apim.api.beginDeleteAndWait(...AT, API, "*", { deleteRevisions: true, ...SOON });
    assert.equal(await call("/nginx/", primaryKey), 404);
    await apim.apiManagementService.beginDeleteAndWait(...AT, SOON);
    assert.deepEqual(await names(apim.deletedServices.listBySubscription()), [SERVICE]);
    await apim.deletedServices.beginPurgeAndWait(SERVICE, LOCATION, SOON);
    await refused(() => apim.deletedServices.getByName(SERVICE, LOCATION), 404, "ResourceNotFound");
    await containers.managedClusters.delete(GROUP, CLUSTER, SOON);
}

async function theGroupIsDeleted({ network, resources }) {
    await resources.resourceGroups.beginDeleteAndWait(GROUP, SOON);
    assert.equal((await resources.resourceGroups.checkExistence(GROUP)).body, false);
    await refused(() => network.virtualNetworks.get(GROUP, VNET), 404, "ResourceGroupNotFound");
}

module.exports = {
    BUILD: [aResourceGroup, aNetworkWithTwoSubnets, aClusterThatMayUseTheSubnet, theWorkloadOnIt, aServiceWithAnApi, aSubscriptionWithKeys,
        theGatewayJoinsTheNetwork, requestsThroughTheGateway, aPolicy, updatesAndLists, thePoolGrows, whatIsNotThere],
    REMOVE: [partsAreDeleted, theGroupIsDeleted],
};
