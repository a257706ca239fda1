//! What passes is what is told, within bounds.

use std::net::Ipv4Addr;

use super::*;

fn account(api: &str) -> Account<'_> {
    Account { service: "/s", api, operation: "get", product: "", subscription: "mine", user: "" }
}

fn served(account: Account<'_>, second: i64, status: u16) -> Served<'_> {
    Served {
        account,
        at: Timestamp::from_unix_seconds(second),
        method: "GET",
        url: ("http", "host", "/a/x", Some("b=c&subscription%2Dkey=secret&subscription-key=hidden&d")),
        key: "subscription-key",
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        status: (status, Some(200)),
        cached: Cached::Miss,
        took: (Duration::from_micros(30), Some(Duration::from_micros(20))),
        bytes: (3, 4),
        id: "",
    }
}

#[test]
fn minutes_are_summed_and_requests_kept_without_keys() {
    let traffic = Traffic::default();
    for (second, status) in [(0, 200), (59, 301), (60, 304), (61, 307), (62, 302), (63, 401), (64, 403)] {
        traffic.count(&served(account("a"), second, status));
    }
    for status in [429, 400, 404, 500, 503, 599] {
        traffic.count(&served(account("a"), 65, status));
    }
    traffic.count(&served(Account { service: "/other", ..account("a") }, 65, 200));
    let mut told = traffic.of("/S");
    told.sums.sort_by_key(|sum| sum.minute);
    let [first, second] = told.sums.as_slice() else { panic!("{told:?}") };
    let counts = |sum: &apim::TrafficSum| {
        let apim::StatusCounts { success, blocked, failed, other } = sum.statuses;
        (sum.minute, success, blocked, failed, other)
    };
    assert_eq!((counts(first), counts(second)), ((0, 2, 0, 0, 0), (1, 2, 3, 4, 2)));
    assert_eq!((first.bytes, first.cache_misses, first.cache_hits), (14, 2, 0));
    assert_eq!(first.took, apim::Durations { count: 2, sum: 60, least: 30, most: 30 });
    assert_eq!(told.requests.len(), 13);
    let expected = "http://host/a/x?b=c&subscription%2Dkey=[redacted]&subscription-key=[redacted]&d";
    assert_eq!(told.requests[0].url, expected);
    assert!(traffic.of("/none").requests.is_empty());
}

#[test]
fn a_long_url_is_cut() {
    let traffic = Traffic::default();
    let path = format!("/{}", "ü".repeat(2_000));
    let long = Served { url: ("https", "host", &path, Some("a=b")), ..served(account("a"), 0, 200) };
    traffic.count(&long);
    let url = &traffic.of("/s").requests[0].url;
    assert!(url.starts_with("https://host/üü") && url.ends_with("ü…") && url.len() < 1_030, "{}", url.len());
}

#[test]
fn what_is_kept_is_bounded() {
    let traffic = Traffic::default();
    let names: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
    for (minute, name) in (0..5).flat_map(|minute| names.iter().map(move |name| (minute, name))) {
        traffic.count(&served(account(name), minute * 60, 200));
    }
    let told = traffic.of("/s");
    let newest: Vec<_> = told.sums.iter().filter(|sum| sum.minute == 4).collect();
    assert_eq!(newest.len(), kept::SUMS + 1);
    let others = newest.iter().find(|sum| sum.account.api.is_empty()).expect("the others");
    assert_eq!(others.statuses.success, 1_000);
    assert!(told.sums.len() <= 3 * kept::SUMS + 1, "{}", told.sums.len());
    assert_eq!(told.requests.len(), 1_000);
    assert!(told.requests.iter().all(|request| request.at == 240_000));
}

#[test]
fn threads_lose_no_request() {
    let traffic = Traffic::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|second| traffic.count(&served(account("a"), second, 200))));
        }
    });
    let total: u64 = traffic.of("/s").sums.iter().map(|sum| sum.statuses.success).sum();
    assert_eq!(total, 4_000);
}
