// The Azure SDK for JavaScript on the sandbox: the article's system, made, called, changed and removed. `N passed, N failed`.

const { Azure } = require("./azure.cjs");
const { BUILD, REMOVE } = require("./system.cjs");

/** Whether the check holds; says why not. */
async function passes(check, azure) {
    const name = check.name.replace(/([A-Z])/g, letter => " " + letter.toLowerCase());
    try {
        await check(azure);
        console.log("    " + name);
        return true;
    } catch (error) { // An SDK may fail in any way; each is a check that failed.
        console.log(`FAILED: ${name}\n${error.stack}`);
        return false;
    }
}

async function main() {
    const azure = new Azure();
    let passed = 0;
    const checks = [...BUILD, ...REMOVE];
    for (const check of checks) passed += await passes(check, azure);
    console.log(`javascript: ${passed} passed, ${checks.length - passed} failed`);
    process.exitCode = passed === checks.length ? 0 : 1;
}

main();
