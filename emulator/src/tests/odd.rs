//! Odd values for requests, by a seeded generator.

use serde_json::{Map, Value, json};

/// A generator of numbers that gives the same ones for the same seed (xorshift64*).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most.max(1)).expect("it fits")).expect("it fits")
    }

    pub fn one_in(&mut self, most: usize) -> bool {
        self.below(most) == 0
    }

    pub fn pick<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// A value that is of no use, or of the wrong type.
pub fn value(dice: &mut Dice) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(dice.one_in(2)),
        2 => json!(*dice.pick(&[0, -1, 1, i64::MIN, i64::MAX, 65_536])),
        3 => json!(*dice.pick(&[1.5, -0.0, 1e308, f64::MIN_POSITIVE])),
        4 => json!(u64::MAX),
        5 => json!([]),
        6 => json!({}),
        7 => (0..dice.below(100)).fold(json!("deep"), |inner, _| json!([inner])),
        8 => (0..dice.below(60)).fold(json!("deep"), |inner, _| json!({"properties": inner})),
        9 => json!([text(dice), Value::Null, {"id": text(dice), "name": text(dice)}]),
        _ => json!(text(dice)),
    }
}

/// Texts that have a meaning somewhere.
const TEXTS: &[&str] = &[
    "",
    " ",
    "x",
    "/",
    "//",
    "/subscriptions",
    "/subscriptions/x/resourceGroups",
    "..",
    "../..",
    "%00",
    "\u{0}",
    "\u{feff}",
    "é",
    "🚀",
    "\u{202e}abc",
    "a b",
    "'",
    "\"",
    "\\",
    "<",
    "</policies>",
    "<policies><inbound>",
    "{{",
    "{{x}}",
    "@(",
    "@{",
    "[",
    "[[",
    "[concat('a'",
    "[parameters('x')]",
    "[resourceGroup().id]",
    "true",
    "null",
    "-1",
    "1e999",
    "99999999999999999999",
    "10.0.0.0/8",
    "10.0.0.0/33",
    "256.1.1.1/24",
    "::/0",
    "0.0.0.0/0",
    "http://",
    "http://[",
    "https://user:pw@h:99999/",
    "*",
    "PT1S",
    "P",
    "9999-99-99T99:99:99Z",
    "2024-05-01",
    "openapi",
    "openapi+json",
    "swagger-json",
    "wsdl",
    "{\"openapi\": 3}",
    "{\"openapi\":\"3.0.1\",\"paths\":[]}",
    "openapi: 3.0.1\npaths: {/: {get: 1}}",
    "<wsdl:definitions/>",
    "graphql",
    "Internal",
    "External",
];

fn text(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => "x".repeat(dice.below(3_000)),
        1 => "é".repeat(dice.below(300)),
        2 => "(".repeat(dice.below(400)),
        _ => (*dice.pick(TEXTS)).to_owned(),
    }
}

/// Spoils one place of a body.
pub fn spoil(dice: &mut Dice, body: &mut Value) {
    let inward = dice.below(5) > 0;
    match body {
        Value::Object(object) if inward && !object.is_empty() => {
            let keys: Vec<String> = object.keys().cloned().collect();
            let key = dice.pick(&keys);
            spoil(dice, object.get_mut(key).expect("its own key"));
        }
        Value::Array(list) if inward && !list.is_empty() => {
            let at = dice.below(list.len());
            spoil(dice, &mut list[at]);
        }
        Value::Object(object) => spoil_object(dice, object),
        Value::Array(list) if !list.is_empty() && dice.one_in(2) => {
            let copy = dice.pick(list).clone();
            list.push(copy);
        }
        other => *other = value(dice),
    }
}

fn spoil_object(dice: &mut Dice, object: &mut Map<String, Value>) {
    let names = [
        "properties",
        "id",
        "name",
        "type",
        "location",
        "tags",
        "sku",
        "identity",
        "etag",
        "value",
        "format",
        "template",
        "copy",
        "subnets",
        "virtualNetworkConfiguration",
        "agentPoolProfiles",
        "securityRules",
        "parameters",
        "zones",
        "scope",
        "",
        "\u{0}",
        "é",
    ];
    let keys: Vec<String> = object.keys().cloned().collect();
    match dice.below(4) {
        0 if !keys.is_empty() => drop(object.remove(dice.pick(&keys))),
        1 if !keys.is_empty() => {
            let key = dice.pick(&keys);
            let old = object.remove(key).expect("its own key");
            object.insert(key.to_uppercase(), old);
        }
        2 if !keys.is_empty() => drop(object.insert(dice.pick(&keys).clone(), value(dice))),
        _ => drop(object.insert((*dice.pick(&names)).to_owned(), value(dice))),
    }
}

/// Makes a body that is hardly JSON any more.
pub fn spoil_bytes(dice: &mut Dice, bytes: &mut Vec<u8>) {
    match dice.below(7) {
        0 => bytes.truncate(dice.below(bytes.len() + 1)),
        1 => bytes.insert(dice.below(bytes.len() + 1), u8::try_from(dice.below(256)).expect("a byte")),
        2 => *bytes = b"[".repeat(dice.below(50_000)),
        3 => *bytes = b"{\"a\":".repeat(dice.below(10_000)),
        4 => bytes.splice(0..0, [0xEF, 0xBB, 0xBF]).for_each(drop),
        5 => *bytes = b"grant_type=client_credentials&client_id=%zz&scope=".to_vec(),
        _ => {
            let wholes = [&b"null"[..], b"1", b"\"x\"", b"[]", b"\xff\xfe", b" ", b"1e999", b"{}x"];
            *bytes = dice.pick(&wholes).to_vec();
        }
    }
}

/// Spoils a path.
pub fn path(dice: &mut Dice, path: &str) -> String {
    let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
    let at = dice.below(segments.len());
    match dice.below(7) {
        0 => segments[at] = text(dice),
        1 => drop(segments.remove(at)),
        2 => segments.insert(at, text(dice)),
        3 => segments[at] = segments[at].to_uppercase(),
        4 => segments.push(text(dice)),
        5 => segments.truncate(at),
        _ => segments.extend(["providers", "Microsoft.Authorization", "locks", "x"].map(str::to_owned)),
    }
    format!("/{}", segments.join("/").trim_start_matches('/'))
}

/// A path in the form of a URI; now and then with percent signs that mean nothing.
pub fn encode(path: &str) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"/-_.~;=()".contains(&c);
    path.bytes().map(|c| if plain(c) { char::from(c).to_string() } else { format!("%{c:02X}") }).collect()
}

/// Query parameters.
pub fn query(dice: &mut Dice) -> String {
    let versions = [
        "2024-05-01",
        "2024-05-01",
        "2024-05-01",
        "2022-08-01",
        "2018-10-01",
        "2026-08-01",
        "1999-01-01",
        "x",
        "",
        "2024-13-99",
    ];
    let mut query = format!("api-version={}", dice.pick(&versions));
    let names = [
        "$filter",
        "$top",
        "$skip",
        "$expand",
        "$orderby",
        "$skiptoken",
        "format",
        "export",
        "import",
        "deleteSubscriptions",
        "isKeyVaultRefreshFailed",
        "expandApiVersionSet",
        "tags",
        "scope",
        "notify",
        "api-version",
        "x",
    ];
    let filters = [
        "name eq 'x'",
        "name eq",
        "(((",
        "startswith(name,'a') and not (x",
        "properties/displayName eq 'a''b'",
        "timestamp ge datetime'x'",
        "substringof('x', name) or",
        "1 eq 1",
        "name ne null",
        "tagName eq 'a' and tagValue eq 'b'",
        "eventTimestamp ge '2026-01-01'",
        "atScope()",
        "principalId eq 'x'",
        "contains(properties/path, '')",
    ];
    for _ in 0..dice.below(3) {
        let value = if dice.one_in(2) { (*dice.pick(&filters)).to_owned() } else { text(dice) };
        query = format!("{query}&{}={}", dice.pick(&names), encode(&value));
    }
    query
}

/// Header fields.
pub fn headers(dice: &mut Dice) -> Vec<(&'static str, String)> {
    let names = [
        "if-match",
        "if-none-match",
        "accept",
        "content-type",
        "x-ms-client-request-id",
        "x-ms-return-client-request-id",
        "prefer",
        "range",
    ];
    let values = [
        "*",
        "\"x\"",
        "W/\"x\"",
        "x",
        "",
        "true",
        "application/xml",
        "text/plain; charset=utf-16",
        "bytes=9-1",
        "\"",
        "a,b,\"c",
    ];
    (0..dice.below(3)).map(|_| (*dice.pick(&names), (*dice.pick(&values)).to_owned())).collect()
}
