//! Reports: what they are cut by, narrowed to and sorted by.

use std::net::{IpAddr, Ipv4Addr};

use apim::{Account, Cached, Durations, ServedRequest, StatusCounts, Traffic, TrafficSum};
use serde_json::{Value, json};

use super::{GROUP, World};

/// 2027-01-15T08:00:00Z in minutes.
const EIGHT: i64 = 30_000_000;

fn sum(minute: i64, account: &Account, statuses: [u64; 4], took: Durations) -> TrafficSum {
    let [success, blocked, failed, other] = statuses;
    TrafficSum {
        minute: EIGHT + minute,
        account: account.clone(),
        statuses: StatusCounts { success, blocked, failed, other },
        bytes: 100,
        cache_hits: 1,
        cache_misses: 2,
        took,
        backend_took: Durations::default(),
    }
}

fn request(account: &Account, second: i64, status: u16) -> ServedRequest {
    ServedRequest {
        account: account.clone(),
        at: (EIGHT * 60 + second) * 1_000 + 250,
        method: "GET".to_owned(),
        url: "https://apim.azure-api.net/a/x".to_owned(),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        status,
        backend_status: Some(200),
        cached: Cached::Hit,
        took: 1_500,
        backend_took: 500,
        request_bytes: 1,
        response_bytes: 2,
        id: String::new(),
    }
}

/// A service with two APIs, of which one was called, by somebody and by nobody.
async fn world() -> (World, String) {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = world.service().await;
    for name in ["a", "b"] {
        let body = json!({"properties": {"displayName": format!("API {name}"), "path": name}});
        world.put(&format!("{service}/apis/{name}"), body).await.expect(201);
    }
    let user = json!({"properties": {"email": "u@example.com", "firstName": "Ada", "lastName": "L"}});
    world.put(&format!("{service}/users/u"), user).await.expect(201);
    let name = |text: &str| text.to_owned();
    let nobody = Account { api: name("a"), operation: name("get"), ..Account::default() };
    let somebody = Account { product: name("p"), subscription: name("s"), user: name("u"), ..nobody.clone() };
    let lost = Account::default();
    let took = |least, most| Durations { count: 2, sum: least + most, least, most };
    *world.data_plane.2.lock().expect("a lock") = Traffic {
        sums: vec![
            sum(0, &nobody, [1, 0, 0, 0], took(1_000, 3_000)),
            sum(1, &nobody, [2, 0, 1, 0], took(500, 2_000)),
            sum(16, &somebody, [0, 4, 0, 0], took(700, 9_000)),
            sum(31, &lost, [0, 0, 0, 5], Durations::default()),
        ],
        requests: vec![request(&somebody, 961, 403), request(&nobody, 1, 200)],
    };
    (world, format!("{service}/reports"))
}

#[tokio::test]
async fn rows_are_cut_and_narrowed_as_asked() {
    let (world, reports) = world().await;
    let all = "$filter=timestamp ge datetime'2027-01-15T00:00:00'";
    for (query, expected) in [
        (format!("byApi?{all}"), json!([["API a", 8], ["API b", 0]])),
        (format!("byApi?{all} and apiId eq 'b'"), json!([["API b", 0]])),
        (format!("byApi?{all}&$orderby=callCountTotal"), json!([["API b", 0], ["API a", 8]])),
        (format!("byApi?{all}&$orderby=name desc&$top=1"), json!([["API b", 0]])),
        (format!("byApi?{all}&$skip=1"), json!([["API b", 0]])),
        // A minute that has begun before belongs to the time.
        ("byApi?$filter=timestamp ge 2027-01-15T08:01:30Z and apiId eq a".to_owned(), json!([["API a", 7]])),
        ("byApi?$filter=timestamp le 2027-01-15T08:00:59 and apiId eq a".to_owned(), json!([["API a", 1]])),
        (format!("byOperation?{all}"), json!([["get", 8]])),
        (format!("byOperation?{all} and operationId eq '/apis/b/operations/get'"), json!([])),
        (format!("byProduct?{all} and productId eq '/products/p'"), json!([["p", 4]])),
        (format!("byUser?{all} and userId eq '/users/u'"), json!([["Ada L", 4]])),
        ("bySubscription?$filter=subscriptionId eq 's'".to_owned(), json!([["s", 4]])),
        ("byGeo?$orderby=country".to_owned(), json!([[null, 13]])),
    ] {
        let told = world.get(&format!("{reports}/{query}")).await.expect(200).body;
        let rows = told["value"].as_array().expect("a list").iter();
        let rows: Value = rows.map(|row| json!([row["name"], row["callCountTotal"]])).collect();
        assert_eq!(rows, expected, "{query}: {told}");
    }
}

#[tokio::test]
async fn a_row_adds_up_what_was_counted() {
    let (world, reports) = world().await;
    let path = format!("{reports}/byTime?interval=PT15M&$filter=timestamp ge 2027-01-15T08:00:00Z");
    let told = world.get(&path).await.expect(200).body;
    assert_eq!(
        told["value"][0],
        json!({
            "timestamp": "2027-01-15T08:00:00Z", "interval": "PT15M", "callCountSuccess": 3,
            "callCountBlocked": 0, "callCountFailed": 1, "callCountOther": 0, "callCountTotal": 4,
            "bandwidth": 200, "cacheHitCount": 2, "cacheMissCount": 4, "apiTimeAvg": 1.625, "apiTimeMin": 0.5,
            "apiTimeMax": 3.0, "serviceTimeAvg": 0.0, "serviceTimeMin": 0.0, "serviceTimeMax": 0.0,
        })
    );
    let starts: Value =
        told["value"].as_array().expect("a list").iter().map(|row| row["timestamp"].clone()).collect();
    assert_eq!(starts, json!(["2027-01-15T08:00:00Z", "2027-01-15T08:15:00Z", "2027-01-15T08:30:00Z"]));
}

#[tokio::test]
async fn requests_are_told_one_by_one() {
    let (world, reports) = world().await;
    let path = format!("{reports}/byRequest?$filter=timestamp ge 2027-01-15T08:00:01Z");
    let told = world.get(&path).await.expect(200).body;
    assert_eq!(told["count"], 2);
    let mut first = told["value"][0].clone();
    assert_eq!(
        first.as_object_mut().and_then(|row| row.remove("requestId")).map(|id| id.is_string()),
        Some(true)
    );
    assert_eq!(
        first,
        json!({
            "apiId": "/apis/a", "operationId": "/apis/a/operations/get", "productId": "/products/-",
            "userId": "/users/-", "method": "GET", "url": "https://apim.azure-api.net/a/x",
            "ipAddress": "127.0.0.1", "backendResponseCode": "200", "responseCode": 200, "responseSize": 2,
            "timestamp": "2027-01-15T08:00:01.25Z", "cache": "hit", "apiTime": 1.5, "serviceTime": 0.5,
            "apiRegion": "West US 2", "subscriptionId": "/subscriptions/-", "requestSize": 1,
        })
    );
    let path = format!("{path}&$top=1");
    let told = world.get(&path).await.expect(200).body;
    assert_eq!((told["value"].as_array().map(Vec::len), told.get("nextLink")), (Some(1), None));
}

#[tokio::test]
async fn what_cannot_be_reported_is_refused() {
    let (world, reports) = world().await;
    for query in [
        "byApi?$top=1",
        "byRequest?$top=1",
        "byTime?$filter=timestamp ge 2027-01-15T08:00:00Z",
        "byTime?interval=PT10M&$filter=timestamp ge 2027-01-15T08:00:00Z",
        "byTime?interval=PT0S&$filter=timestamp ge 2027-01-15T08:00:00Z",
        "byTime?interval=P99999999D&$filter=timestamp ge yesterday",
        "byApi?$filter=displayName eq 'a'",
        "byApi?$filter=timestamp over 3",
        "byGeo?$orderby=weather",
        "byGeo?$orderby=country sideways",
    ] {
        world.get(&format!("{reports}/{query}")).await.expect(400);
    }
    world.get(&format!("{reports}/byWeather?$top=1")).await.expect(404);
}
