//! Pages of small records: pinned, complete, and free of anything that would leave the page.

use crate::sample::{file, record, reports};
use record::{Count, Gauge};
use reports::chart::{Size, svg};
use reports::run_charts::run_charts;

/// The page of a record, through the command; also the names of all files written.
fn page_of(texts: &[(&str, String)]) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths: Vec<_> = texts.iter().map(|(name, text)| file(folder.path(), name, text)).collect();
    let out = folder.path().join("out");
    let args = ["render".into(), "-o".into(), out.clone().into_os_string()];
    let output = reports(args.into_iter().chain(paths.into_iter().map(std::path::PathBuf::into_os_string)));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut names: Vec<String> = std::fs::read_dir(&out)
        .expect("the folder was made")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    (std::fs::read_to_string(out.join("index.html")).expect("the page"), names)
}

#[test]
fn a_run_s_first_screen_and_timelines_are_as_pinned() {
    let (page, _) = page_of(&[("record.json", record(7).to_json())]);
    // Charts have snapshots of their own; style and script are read in their files.
    let without = |text: &str, from: &str, to: &str| {
        let mut rest = text;
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once(from) {
            kept.push_str(before);
            rest = after.split_once(to).map_or("", |(_, after)| after);
        }
        kept + rest
    };
    let page = without(&page, "<style>", "</style>");
    let page = without(&page, "<script", "</script>");
    let page = without(&page, "data-left", "</svg>");
    insta::assert_snapshot!(page);
}

#[test]
fn a_chart_s_drawing_is_as_pinned() {
    let charts = run_charts(&record(7).run);
    let stock = charts.iter().find(|chart| chart.id == "stock").expect("the record has stock");
    insta::assert_snapshot!(svg(stock, Size::Narrow).expect("it can be drawn").content);
}

#[test]
fn every_chart_of_a_run_is_on_the_page_and_beside_it() {
    let (page, names) = page_of(&[("record.json", record(7).to_json())]);
    for id in ["traffic", "stock", "latency", "heat-map", "compensations", "orders"] {
        assert!(page.contains(&format!("<h2 id=\"{id}\">")), "{id} is missing");
        assert!(names.contains(&format!("{id}.png")), "{id}.png is missing among {names:?}");
    }
    let pictures = page.matches("<svg").count();
    let named = page.matches("role=\"img\" aria-label").count();
    assert_eq!(pictures, named, "every picture has a text alternative");
}

#[test]
fn nothing_of_a_record_is_taken_for_markup_and_nothing_is_loaded() {
    let (page, _) = page_of(&[("record.json", record(7).to_json())]);
    assert!(!page.contains("<sharp>") && !page.contains("<stocked>") && !page.contains("<1 ×"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside} leads out of the page");
    }
}

#[test]
fn the_longest_record_gives_a_page_under_two_megabytes() {
    let mut record = record(7);
    let series = &mut record.run.series;
    // Eighty minutes of everything, and a latency in every bucket.
    for step in 0..100_000_u64 {
        let at_us = step * 100_000;
        for line in
            [Count::Clicked, Count::Admitted, Count::Limited, Count::SoldOut, Count::Committed, Count::Compensated]
        {
            series.count(line, at_us, step % 977 * 1_000);
        }
        for gauge in [Gauge::StockLeftRedis, Gauge::StockLeftPostgres, Gauge::OrdersPlaced, Gauge::OrdersDelivered] {
            series.gauge(gauge, at_us, i64::try_from(step % 1_009).expect("small"));
        }
        series.latency(at_us, 10 << (step % 20));
        series.latency(at_us, 13 << (step % 19));
    }
    let text = record.to_json_line();
    assert!(text.len() < 20_000_000, "a record of {} bytes", text.len());
    let (page, _) = page_of(&[("record.json", text)]);
    assert!(page.len() < 2_000_000, "a page of {} bytes", page.len());
}

#[test]
fn a_sweep_with_known_bugs_is_one_page() {
    let lines: Vec<String> = (1..=9).map(|seed| record(seed).to_sweep_line()).collect();
    let bugs = [
        r#"{"schema_version":2,"bug":"hold-released-twice","found":true,"seeds":3,"wall_s":0.5,"what":"holds: <twice>","repeat_command":"x"}"#,
        r#"{"schema_version":2,"bug":"compensation-skipped","found":false,"seeds":200,"wall_s":9.0,"what":"NOT FOUND","repeat_command":null}"#,
    ];
    let (page, names) = page_of(&[("sweep.jsonl", lines.join("\n")), ("bugs.jsonl", bugs.join("\n"))]);
    assert_eq!(names, ["bugs.png", "index.html", "probes.png"]);
    for told in
        ["9 (1 to 9)", "compensation-skipped", "200", "--seed 9", "2 rare states over 9 seeds; 1 were never reached"]
    {
        assert!(page.contains(told), "{told} is missing");
    }
}

#[test]
fn several_runs_get_a_page_each_and_a_list() {
    let (page, names) = page_of(&[("a.json", record(1).to_json()), ("b.json", record(2).to_json_line())]);
    assert!(page.contains("run-1.html") && page.contains("run-2.html"));
    assert!(names.contains(&"run-2-traffic.png".to_owned()), "{names:?}");
}

#[test]
fn a_comparison_lays_the_second_run_over_the_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut slower = record(2);
    slower.run.figures.insert("orders_per_s".to_owned(), 825.0);
    let (a, b) = (file(folder.path(), "a", &record(1).to_json()), file(folder.path(), "b", &slower.to_json()));
    let out = folder.path().join("out");
    let output = reports(["compare".as_ref(), a.as_os_str(), b.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(out.join("index.html")).expect("the page");
    for told in ["A: admitted", "B: admitted", "<td class=\"n\">412</td><td class=\"n\">825</td><td class=\"n\">2</td>"]
    {
        assert!(page.contains(told), "{told} is missing");
    }
}
