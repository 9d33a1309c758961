//! 310 over the wire: every cache behavior shows the page, and a restore changes nothing of what somebody else
//! has changed meanwhile.

use serde_json::Value;

use super::account::{Declared, boto, compare, dump};
use super::binary::Machine;
use super::server::{Copy, seeded};

/// The functions on viewers' requests of every cache behavior, by path.
fn shown(distribution: &Value) -> Vec<(String, Vec<String>)> {
    let of = |behavior: &Value| {
        let items = behavior["FunctionAssociations"]["Items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|one| one["FunctionARN"].as_str().unwrap().to_owned()).collect()
    };
    let others = distribution["CacheBehaviors"]["Items"].as_array().cloned().unwrap_or_default();
    let others = others.iter().map(|one| (one["PathPattern"].as_str().unwrap().to_owned(), of(one)));
    [("default".to_owned(), of(&distribution["DefaultCacheBehavior"]))].into_iter().chain(others).collect()
}

/// Somebody writes another comment, with all else as it is.
fn comment(copy: &Copy, id: &str) {
    let code = format!(
        r#"
cloudfront = client({url:?}, "cloudfront")
found = cloudfront.get_distribution_config(Id={id:?})
found["DistributionConfig"]["Comment"] = "written meanwhile"
cloudfront.update_distribution(Id={id:?}, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"])
"#,
        url = copy.url()
    );
    assert!(boto(&copy.url(), &code).status().unwrap().success());
}

#[test]
fn every_behavior_shows_the_page_and_what_somebody_else_changes_stays() {
    let (copy, seed) = seeded();
    let id = seed["front"]["shop"].as_str().unwrap();
    let off = seed["front"]["off"].as_str().unwrap();
    let machine = Machine::new(&copy.url());
    let regions = ["us-east-1"];
    let before = dump(&copy.url(), &regions);

    let pulled = machine.sure(&["pull", "--steps", "310", "--details"]).ends(0);
    pulled.says("3 cache behaviors: maintenance page").says(&format!("{off} "));
    let cut = dump(&copy.url(), &regions);
    let shop = &cut.json["distributions"]["global"][id];
    let page = shown(shop);
    assert_eq!(page.len(), 3);
    for (path, functions) in &page {
        assert!(
            matches!(&functions[..], [one] if one.contains("function/unplug-page-")),
            "{path} {functions:?}"
        );
    }
    assert_eq!(shop["CacheBehaviors"]["Items"][0]["LambdaFunctionAssociations"]["Quantity"], 0);
    assert_eq!(shop["CacheBehaviors"]["Items"][1]["LambdaFunctionAssociations"]["Quantity"], 0);
    assert_eq!(cut.json["distributions"]["global"][off], before.json["distributions"]["global"][off]);

    // Planned again, there is nothing left to cut.
    let again = machine.run(&["plan", "--steps", "310", "--json"]).ends(0).json();
    assert_eq!(again["changes"], serde_json::json!([]));

    comment(&copy, id);
    let (_, run) = machine.latest();
    machine.run(&["verify", &run]).ends(0);
    machine.sure(&["restore", &run]).ends(0);
    let after = dump(&copy.url(), &regions);
    let written = Declared::Must(format!("distributions/global/{id}/Comment"));
    compare(&before, &after, &[written]).unwrap();
    assert_eq!(after.json["distributions"]["global"][id]["Comment"], "written meanwhile");
}

#[test]
fn a_page_of_ones_own_is_shown_and_everything_is_put_back_exactly() {
    let (copy, _) = seeded();
    let machine = Machine::new(&copy.url());
    let before = dump(&copy.url(), &["us-east-1"]);
    let page = machine.path("page.html");
    std::fs::write(&page, "<p>back soon").unwrap();
    machine.sure(&["pull", "--steps", "310", "--page", page.to_str().unwrap()]).ends(0);
    let cut = dump(&copy.url(), &["us-east-1"]);
    assert!(cut.json["functions"].to_string().contains("<p>back soon"), "{}", cut.json["functions"]);
    let (_, run) = machine.latest();
    machine.sure(&["restore", &run]).ends(0);
    compare(&before, &dump(&copy.url(), &["us-east-1"]), &[]).unwrap();
}
