//! What is counted is what is told, in the format to the letter.

use super::*;

const ONE: Labels<'static> = Labels { service: "s", api: "a", operation: "get", product: "", status: 200 };

#[test]
fn the_format_is_prometheus_to_the_letter() {
    let metrics = Metrics::default();
    metrics.count(ONE, Duration::from_micros(1_500), Some(Duration::from_micros(900)));
    metrics.count(ONE, Duration::from_secs(20), None);
    let odd = Labels { api: "a\"\\\n", status: 404, ..ONE };
    metrics.count(odd, Duration::from_millis(1), None);
    let text = metrics.text();
    for line in [
        "# TYPE apimlab_requests_total counter",
        r#"apimlab_requests_total{service="s",api="a",operation="get",product="",status="200"} 2"#,
        r#"apimlab_requests_total{service="s",api="a\"\\\n",operation="get",product="",status="404"} 1"#,
        "# TYPE apimlab_request_duration_seconds histogram",
        r#"apimlab_request_duration_seconds_bucket{service="s",api="a",operation="get",product="",status="200",le="0.001000"} 0"#,
        r#"apimlab_request_duration_seconds_bucket{service="s",api="a",operation="get",product="",status="200",le="0.002500"} 1"#,
        r#"apimlab_request_duration_seconds_bucket{service="s",api="a",operation="get",product="",status="200",le="10.000000"} 1"#,
        r#"apimlab_request_duration_seconds_bucket{service="s",api="a",operation="get",product="",status="200",le="+Inf"} 2"#,
        r#"apimlab_request_duration_seconds_sum{service="s",api="a",operation="get",product="",status="200"} 20.001500"#,
        r#"apimlab_backend_duration_seconds_count{service="s",api="a",operation="get",product="",status="200"} 1"#,
    ] {
        assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{line}\n{text}");
    }
    assert!(text.ends_with('\n') && text.lines().filter(|line| line.starts_with("# TYPE")).count() == 3);
}

#[test]
fn threads_lose_no_request_and_kinds_are_bounded() {
    let metrics = Metrics::default();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..1_000).for_each(|_| metrics.count(ONE, Duration::ZERO, None)));
        }
    });
    assert!(metrics.text().contains(r#"product="",status="200"} 8000"#));
    let full: HashMap<u64, Arc<Series>> =
        (0..10_000).map(|number| (number, Arc::new(Series::of(ONE)))).collect();
    metrics.series.store(Arc::new(full));
    metrics.count(Labels { api: "b", ..ONE }, Duration::ZERO, None);
    metrics.count(Labels { api: "c", ..ONE }, Duration::ZERO, None);
    assert_eq!(metrics.series.load().len(), MOST + 1);
    assert!(metrics.text().contains(r#"{service="s",api="",operation="",product="",status="200"} 2"#));
}
