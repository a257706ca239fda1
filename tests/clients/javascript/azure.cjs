// The clients, as `apimlab env --for js` says that they are made, and the gateway.

const assert = require("node:assert/strict");
const { EnvironmentCredential } = require("@azure/identity");
const { ApiManagementClient } = require("@azure/arm-apimanagement");
const { AuthorizationManagementClient } = require("@azure/arm-authorization");
const { ContainerServiceClient } = require("@azure/arm-containerservice");
const { NetworkManagementClient } = require("@azure/arm-network");
const { ResourceManagementClient } = require("@azure/arm-resources");

/** The SDK would wait 2 s between two looks at an operation. */
const SOON = { updateIntervalInMs: 100 };

class Azure {
    constructor() {
        const credential = new EnvironmentCredential({ disableInstanceDiscovery: true });
        const { APIMLAB_ARM_URL: arm, AZURE_SUBSCRIPTION_ID: id } = process.env;
        const scope = arm + "/.default";
        // Older packages read `credentialScopes`, newer ones `credentials.scopes`.
        const at = () => ({ endpoint: arm, credentialScopes: [scope], credentials: { scopes: [scope] } });
        this.subscription = "/subscriptions/" + id;
        this.apim = new ApiManagementClient(credential, id, at());
        this.authorization = new AuthorizationManagementClient(credential, id, at());
        this.containers = new ContainerServiceClient(credential, id, at());
        this.network = new NetworkManagementClient(credential, id, at());
        this.resources = new ResourceManagementClient(credential, id, at());
        this.subnets = {};
        this.keys = {};
    }

    /** The status of a call through the gateway. */
    call = async (path, key) => {
        const headers = key ? { "Ocp-Apim-Subscription-Key": key } : {};
        const answer = await fetch(process.env.APIMLAB_GATEWAY_URL.replace(/\/$/, "") + path, { headers });
        await answer.arrayBuffer();
        return answer.status;
    };
}

/** Everything of a list. */
async function all(pages) {
    const found = [];
    for await (const one of pages) found.push(one);
    return found;
}

/** Waits until a condition holds. */
async function until(condition, what) {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
        if (await condition()) return;
        await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`${what} did not come`);
}

/** Fails unless the call ends with this error of Azure. */
async function refused(call, status, code) {
    await assert.rejects(call, error => {
        assert.deepEqual([error.statusCode, error.code], [status, code]);
        return true;
    });
}

module.exports = { Azure, SOON, all, refused, until };
