//! Broken scenario files: each problem has a code, a place and a hint.

use std::fs;

use crate::{Files, Scenario, Source, load};

/// A small scenario in which everything is right.
const RIGHT: &str = "\
name: small
title: Small
summary: A network.
location: westus2
resourceGroup: small-group
network:
  name: small-vnet
  addressSpace: [10.10.0.0/16]
  subnets:
    - name: nodes
      addressPrefix: 10.10.1.0/24
    - name: gateway
      addressPrefix: 10.10.2.0/24
identity:
  application: small-app
cluster:
  name: small-aks
  dnsPrefix: small
  pool: { name: pool1, count: 1, vmSize: Standard_D2_v2, subnet: nodes }
roleAssignments:
  - { name: contributor, principal: small-app, role: Contributor, scope: resourceGroup }
kubernetes: [service.yaml]
apiManagement:
  name: small-apim
  sku: Developer
  publisherName: Somebody
  publisherEmail: owner@example.com
  join: { subnet: gateway }
  apis:
    - name: orders
      displayName: Orders
      path: orders
      protocols: [https]
      serviceUrl: http://{service/default/orders}/v1
      operations:
        - { name: get, displayName: Get, method: GET, urlTemplate: '/{id}' }
  products:
    - { name: all, displayName: All, apis: [orders] }
checks:
  - id: answers
    title: It answers
    probe: { http: { url: 'http://{service/orders}/', expect: { status: 200 } } }
lessons:
  - id: role
    title: Without a role
    narration: Look.
    restores: [roleAssignment/contributor]
    steps:
      - remove: roleAssignment/contributor
      - restore: [roleAssignment/contributor]
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
";

/// Reads `text` with `files` beside it and compares what is wrong: `code line:column message | help`.
fn check(text: &str, files: &'static [(&'static str, &'static str)], expected: &[&str]) {
    let source = Source { name: "s.yaml".to_owned(), text: text.to_owned(), files: Files::Embedded(files) };
    let found: Vec<String> = match Scenario::read(source) {
        Ok(_) => Vec::new(),
        Err(error) => error
            .diagnostics
            .iter()
            .map(|problem| {
                assert!(error.text(problem).is_some(), "{problem} has a text");
                let place =
                    problem.span.as_ref().map_or_else(|| "-".to_owned(), |span| span.start.to_string());
                let help = problem.help.as_deref().unwrap_or("-");
                format!("{} {}:{place} {} | {help}", problem.code, problem.source, problem.message)
            })
            .collect(),
    };
    assert_eq!(found, expected, "{text}");
}

/// `RIGHT` with one thing changed.
fn broken(from: &str, to: &str, expected: &[&str]) {
    assert!(RIGHT.contains(from), "{from}");
    check(&RIGHT.replacen(from, to, 1), &[("service.yaml", SERVICE)], expected);
}

#[test]
fn a_right_file_has_no_problems() {
    check(RIGHT, &[("service.yaml", SERVICE)], &[]);
}

/// What is changed, into what, and what is found.
const KEYS_AND_TYPES: &[(&str, &str, &str)] = &[
    (
        "location: westus2",
        "loaction: westus2",
        "APL0302 s.yaml:4:1 unknown key `loaction` | did you mean `location`?",
    ),
    ("  subnets:\n", "  subnet:\n", "APL0302 s.yaml:9:3 unknown key `subnet` | did you mean `subnets`?"),
    (
        "location: westus2",
        "zebra: westus2",
        "APL0302 s.yaml:4:1 unknown key `zebra` | possible: `name`, `title`, `summary`, `location`, `resourceGroup`, `network`, `identity`, `cluster`, `roleAssignments`, `kubernetes`, `apiManagement`, `workloads`, …",
    ),
    (
        "count: 1",
        "count: many",
        "APL0303 s.yaml:19:31 expected a whole number | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "count: 1",
        "count: -1",
        "APL0303 s.yaml:19:31 expected a whole number | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "publisherName: Somebody",
        "publisherName: [Somebody]",
        "APL0303 s.yaml:26:18 expected a text | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "kubernetes: [service.yaml]",
        "kubernetes: service.yaml",
        "APL0303 s.yaml:22:13 expected a list | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "join: { subnet: gateway }",
        "join: gateway",
        "APL0303 s.yaml:28:9 expected keys with values | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "apis: [orders] }",
        "apis: [orders], published: yes }",
        "APL0303 s.yaml:38:65 expected `true` or `false` | `apimlab scenario schema` prints the JSON Schema of scenario files",
    ),
    (
        "sku: Developer",
        "sku: Devloper",
        "APL0307 s.yaml:25:8 `Devloper` is not possible here | did you mean `Developer`?",
    ),
    (
        "scope: resourceGroup",
        "scope: group",
        "APL0307 s.yaml:21:74 `group` is not possible here | possible: `resourceGroup`, `virtualNetwork`, `clusterSubnet`",
    ),
    (
        "probe: { http:",
        "probe: { htttp:",
        "APL0307 s.yaml:42:14 `htttp` is not possible here | did you mean `http`?",
    ),
    (
        "title: Small\n",
        "title: Small\ntitle: Twice\n",
        "APL0304 s.yaml:3:1 the key `title` is written twice | keep one of the two; lists are written with `-`",
    ),
    (
        "  publisherEmail: owner@example.com\n",
        "",
        "APL0305 s.yaml:36:3 the key `publisherEmail` is missing | add `publisherEmail: …` to the block that this line belongs to",
    ),
    (
        "title: Small\n",
        "",
        "APL0305 s.yaml:42:1 the key `title` is missing | add `title: …` to the block that this line belongs to",
    ),
    (
        "summary: A network.",
        "summary: 'A network.",
        "APL0301 s.yaml:36:69 this is no YAML: invalid trailing content after single-quoted scalar | look at indentation (spaces, no tabs), quotes and colons on this line and the one before",
    ),
    (
        "  subnets:\n",
        "\tsubnets:\n",
        "APL0301 s.yaml:9:2 this is no YAML: tabs disallowed within this context (block indentation) | look at indentation (spaces, no tabs), quotes and colons on this line and the one before",
    ),
    (
        "name: small\n",
        "name: small\n---\n",
        "APL0305 s.yaml:1:1 the key `title` is missing | add `title: …` to the block that this line belongs to",
    ),
];

#[test]
fn keys_and_types_are_checked() {
    for (from, to, expected) in KEYS_AND_TYPES {
        broken(from, to, &[expected]);
    }
}

/// What is changed, into what, and what is found.
const NAMES_AND_ADDRESS_RANGES: &[(&str, &str, &[&str])] = &[
    (
        "name: small\n",
        "name: Small System\n",
        &[
            "APL0310 s.yaml:1:7 `Small System` is not a valid scenario name | 1 to 40 lower-case letters, digits and hyphens, beginning with a letter",
        ],
    ),
    (
        "resourceGroup: small-group",
        "resourceGroup: small.",
        &[
            "APL0310 s.yaml:5:16 `small.` is not a valid resource group name | 1 to 90 letters, digits, `_`, `-`, `(`, `)` and `.`, not ending in `.`",
        ],
    ),
    (
        "name: pool1",
        "name: Pool_1",
        &[
            "APL0310 s.yaml:19:17 `Pool_1` is not a valid node pool name | 1 to 12 lower-case letters and digits, beginning with a letter",
        ],
    ),
    (
        "name: small-apim",
        "name: 1apim-",
        &[
            "APL0310 s.yaml:24:9 `1apim-` is not a valid API Management service name | 1 to 50 letters, digits and `-`, beginning with a letter and not ending in `-`",
        ],
    ),
    (
        "[10.10.0.0/16]",
        "[10.10.0.0]",
        &[
            "APL0311 s.yaml:8:18 `10.10.0.0` is no address range in CIDR notation | write an address and a prefix length, such as `10.10.1.0/24`",
        ],
    ),
    (
        "[10.10.0.0/16]",
        "[10.10.0.0/16, 10.10.128.0/17]",
        &[
            "APL0313 s.yaml:8:32 the address ranges `10.10.0.0/16` and `10.10.128.0/17` overlap | give each a range of its own",
        ],
    ),
    (
        "[10.10.0.0/16]",
        "[]",
        &["APL0305 s.yaml:7:9 the network has no address range | write `addressSpace: [10.10.0.0/16]`"],
    ),
    (
        "addressPrefix: 10.10.1.0/24",
        "addressPrefix: 10.10.1.7/24",
        &[
            "APL0311 s.yaml:11:22 `10.10.1.7/24` is no address range in CIDR notation | the range begins at `10.10.1.0/24`",
        ],
    ),
    (
        "addressPrefix: 10.10.1.0/24",
        "addressPrefix: 10.10.300.0/24",
        &[
            "APL0311 s.yaml:11:22 `10.10.300.0/24` is no address range in CIDR notation | write four numbers from 0 to 255, such as `10.10.1.0/24`",
        ],
    ),
    (
        "addressPrefix: 10.10.1.0/24",
        "addressPrefix: 10.10.1.0/30",
        &[
            "APL0311 s.yaml:11:22 a subnet of /30 has no address left: Azure keeps five of each | take a /29 or larger",
        ],
    ),
    (
        "addressPrefix: 10.10.2.0/24",
        "addressPrefix: 10.11.2.0/24",
        &[
            "APL0312 s.yaml:13:22 `10.11.2.0/24` lies outside the network's address space | choose a range within `10.10.0.0/16`, or widen `addressSpace`",
        ],
    ),
    (
        "addressPrefix: 10.10.2.0/24",
        "addressPrefix: 10.10.0.0/22",
        &[
            "APL0313 s.yaml:13:22 the subnets `10.10.1.0/24` and `10.10.0.0/22` overlap | give each a range of its own",
        ],
    ),
    (
        "name: gateway\n",
        "name: Nodes\n",
        &[
            "APL0314 s.yaml:12:13 there are two subnets `Nodes` | give one of them another name",
            "APL0320 s.yaml:28:19 the network has no subnet `gateway` | possible: `nodes`, `Nodes`",
        ],
    ),
];

#[test]
fn names_and_address_ranges_are_checked() {
    for (from, to, expected) in NAMES_AND_ADDRESS_RANGES {
        broken(from, to, expected);
    }
}

/// What is changed, into what, and what is found.
const REFERENCES: &[(&str, &str, &[&str])] = &[
    (
        "subnet: nodes",
        "subnet: node",
        &["APL0320 s.yaml:19:66 the network has no subnet `node` | did you mean `nodes`?"],
    ),
    (
        "join: { subnet: gateway }",
        "join: { subnet: gatway }",
        &["APL0320 s.yaml:28:19 the network has no subnet `gatway` | did you mean `gateway`?"],
    ),
    (
        "principal: small-app",
        "principal: smal-app",
        &["APL0320 s.yaml:21:37 the file has no application `smal-app` | did you mean `small-app`?"],
    ),
    (
        "role: Contributor",
        "role: Contributer",
        &[
            "APL0307 s.yaml:21:54 `Contributer` is no built-in role that is known here | did you mean `Contributor`?",
        ],
    ),
    (
        "apis: [orders] }",
        "apis: [order] }",
        &["APL0320 s.yaml:38:45 there is no API `order` | did you mean `orders`?"],
    ),
    (
        "{service/default/orders}",
        "{service/default/order}",
        &[
            "APL0320 s.yaml:34:19 no Kubernetes file has a Service of type LoadBalancer `service/default/order` | did you mean `service/default/orders`?",
        ],
    ),
    (
        "{service/default/orders}",
        "{services/orders}",
        &[
            "APL0321 s.yaml:34:19 `{services/orders}` names nothing | write `{service/NAMESPACE/NAME}` for the address of a Kubernetes Service",
        ],
    ),
    (
        "{service/default/orders}",
        "{service/default/orders",
        &[
            "APL0321 s.yaml:34:19 a `{` without its `}` | write `{service/NAMESPACE/NAME}` for the address of a Kubernetes Service",
        ],
    ),
    (
        "- remove: roleAssignment/contributor",
        "- remove: roleAssignment/contributer",
        &[
            "APL0320 s.yaml:49:17 nothing in this file has the key `roleAssignment/contributer` | did you mean `roleAssignment/contributor`?",
            "APL0320 s.yaml:49:17 the lesson removes `roleAssignment/contributer` and does not say that it puts it back | add `roleAssignment/contributer` to the lesson's `restores`",
        ],
    ),
    (
        "    restores: [roleAssignment/contributor]\n",
        "",
        &[
            "APL0320 s.yaml:48:17 the lesson removes `roleAssignment/contributor` and does not say that it puts it back | add `roleAssignment/contributor` to the lesson's `restores`",
        ],
    ),
    (
        "kubernetes: [service.yaml]",
        "kubernetes: [services.yaml]",
        &[
            "APL0330 s.yaml:22:14 cannot read `services.yaml`: there is no such file in the catalog | paths are relative to the folder of the scenario file",
        ],
    ),
    (
        "kubernetes: [service.yaml]",
        "kubernetes: [../service.yaml]",
        &[
            "APL0330 s.yaml:22:14 cannot read `../service.yaml`: the path must lead to a file beside or below the scenario file | paths are relative to the folder of the scenario file",
        ],
    ),
    (
        "identity:\n  application: small-app\n",
        "",
        &[
            "APL0322 s.yaml:15:9 a cluster needs the block `identity` | add `identity:` to the file",
            "APL0322 s.yaml:19:37 a role assignment needs the block `identity` | add `identity:` to the file",
        ],
    ),
    (
        "sku: Developer",
        "sku: Standard",
        &["APL0323 s.yaml:25:8 the Standard tier cannot join a virtual network | take Developer or Premium"],
    ),
    ("method: GET", "method: get", &["APL0307 s.yaml:36:50 `get` is no HTTP method | did you mean `GET`?"]),
    (
        "expect: { status: 200 }",
        "expect: {}",
        &[
            "APL0323 s.yaml:42:27 the check must expect something of an answer, or that there is none | write `expect: { status: 200 }` or `expect: { unreachable: true }`",
        ],
    ),
    (
        "count: 1",
        "count: 0",
        &["APL0323 s.yaml:19:31 a system node pool cannot have 0 nodes | take 1 to 1000"],
    ),
];

#[test]
fn references_are_checked() {
    for (from, to, expected) in REFERENCES {
        broken(from, to, expected);
    }
}

#[test]
fn a_problem_in_a_kubernetes_file_is_reported_in_that_file() {
    let cases: &[(&'static [(&'static str, &'static str)], &str)] = &[
        (
            &[("service.yaml", "kind: Service\n")],
            "APL0331 service.yaml:1:1 a Kubernetes object needs `apiVersion` | compare with the output of `kubectl create … --dry-run=client -o yaml`",
        ),
        (
            &[("service.yaml", "# nothing\n")],
            "APL0331 service.yaml:- the file holds no Kubernetes object | compare with the output of `kubectl create … --dry-run=client -o yaml`",
        ),
        (
            &[("service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {}\n")],
            "APL0331 service.yaml:1:1 a Kubernetes object needs `metadata.name` | compare with the output of `kubectl create … --dry-run=client -o yaml`",
        ),
        (
            &[("service.yaml", "apiVersion: v1\nkind: [\n")],
            "APL0301 service.yaml:2:7 this is no YAML: unclosed bracket '[' | look at indentation (spaces, no tabs), quotes and colons on this line and the one before",
        ),
        (
            &[("service.yaml", "apiVersion: v1\nkind: Service\nkind: Pod\n")],
            "APL0304 service.yaml:3:1 the key `kind` is written twice | keep one of the two; lists are written with `-`",
        ),
        (
            &[("service.yaml", "apiVersion: v1\nkind: List\nitems: []\n")],
            "APL0331 service.yaml:1:1 a List is no object | write each object as a document of its own, divided by `---`",
        ),
    ];
    for (files, expected) in cases {
        let text = RIGHT.replace("http://{service/default/orders}/v1", "http://10.10.1.5");
        check(&text.replace("http://{service/orders}/", "http://10.10.1.5/"), files, &[expected]);
    }
}

/// What is in the manifest, and what is found.
fn check_manifest(manifest: String, expected: &str) {
    let text = RIGHT.replace("http://{service/default/orders}/v1", "http://10.10.1.5");
    let files = Box::leak(Box::new([("service.yaml", &*manifest.leak())]));
    check(&text.replace("http://{service/orders}/", "http://10.10.1.5/"), files, &[expected]);
}

#[test]
fn files_that_multiply_or_nest_without_end_are_refused() {
    let mut bomb = String::from("name: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 0..8 {
        let (from, to) = (char::from(b'a' + level), char::from(b'b' + level));
        let aliases = vec![format!("*{from}"); 8].join(", ");
        bomb = format!("{bomb}k{level}: &{to} [{aliases}]\n");
    }
    let help = "write the values out, or split the file";
    check_manifest(
        bomb,
        &format!("APL0306 service.yaml:1:29 the aliases of the file multiply into too many values | {help}"),
    );
    check_manifest(
        format!("a: {}{}\n", "[".repeat(500), "]".repeat(500)),
        &format!("APL0306 service.yaml:1:259 the file is too large or too deeply nested | {help}"),
    );
    check(
        &format!("name: {}\n", "x".repeat(1024 * 1024)),
        &[],
        &["APL0306 s.yaml:- the file is larger than 1024 KiB | write the values out, or split the file"],
    );
}

#[test]
fn texts_that_are_no_scenario_at_all_are_refused() {
    let look = "look at indentation (spaces, no tabs), quotes and colons on this line and the one before";
    let schema = "`apimlab scenario schema` prints the JSON Schema of scenario files";
    let cases = [
        ("", format!("APL0301 s.yaml:1:1 this is no YAML: unexpected end of file | {look}")),
        ("\u{0}", format!("APL0301 s.yaml:1:1 this is no YAML: unexpected character: `\\u{{0}}' | {look}")),
        ("- a\n- b\n", format!("APL0303 s.yaml:1:1 expected keys with values | {schema}")),
        ("name: [[[[\n", format!("APL0303 s.yaml:1:7 expected a text | {schema}")),
    ];
    for (text, expected) in cases {
        check(text, &[], &[&expected]);
    }
}

#[test]
fn scenarios_are_found_by_id_and_by_path() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("scenario.yaml"), RIGHT).expect("the scenario is written");
    fs::write(folder.path().join("service.yaml"), SERVICE).expect("the manifest is written");
    let path = folder.path().to_str().expect("a path");
    assert_eq!(load(path).expect("by folder").name(), "small");
    assert_eq!(load(&format!("{path}/scenario.yaml")).expect("by file").name(), "small");
    assert_eq!(load("getting-started/private-api").expect("by id").name(), "private-api");
    let cases = [
        ("private-api", "did you mean `getting-started/private-api`?"),
        ("getting-started/private-apo", "did you mean `getting-started/private-api`?"),
        (
            "nothing",
            "`apimlab scenario list` shows the catalog; a path must lead to a scenario file or its folder",
        ),
    ];
    for (reference, help) in cases {
        let error = load(reference).expect_err("no such scenario");
        assert_eq!(error.diagnostics[0].help.as_deref(), Some(help), "{reference}");
        assert_eq!(error.diagnostics[0].code, "APL0340");
    }
}
