//! `--page FILE`: the operator's own maintenance page.

use std::path::Path;

use crate::document;
use crate::failure::{Failure, usage};
use crate::front::page::{self, Unfit};
use crate::step::StepId;

/// The step that makes ahead what the page is shown from. S3 takes a page of any size, and a page that fits into
/// no function is made for S3 alone.
const ASSETS: StepId = StepId(305);
/// The step that answers with a CloudFront function.
const CLOUDFRONT: StepId = StepId(310);
/// The step that answers with a fixed response of load balancers.
const BALANCERS: StepId = StepId(320);

/// More than any way takes, so that its own limit is named.
const MOST: u64 = 1 << 20;

/// Returns the page of a file, which every one of the steps that show a page can show.
///
/// # Errors
/// Where no step shows a page, where the file cannot be read, and where one of the steps cannot show it.
pub(super) fn read(file: &Path, playbook: &str, steps: &[StepId]) -> Result<String, Failure> {
    let takes = |step: StepId| steps.contains(&step);
    if ![ASSETS, CLOUDFRONT, BALANCERS].into_iter().any(takes) {
        let why = format!("--page is for steps 310 and 320, none of which {playbook} takes here");
        return Err(usage(why).hint("unplug pull maintenance --page FILE shows the page; nothing was cut"));
    }
    let name = file.display();
    let unfit = |why: Unfit| usage(format!("{name}: {why}"));
    let text = document::read_file(file, MOST)
        .map_err(|error| usage(format!("{name}: {error}")).hint("nothing was cut"))?;
    let html = page::given(&text).map_err(|why| unfit(why).hint("nothing was cut"))?;
    let without =
        |step| format!("make the page smaller, or leave out step {step}: --skip {step}; nothing was cut");
    if takes(BALANCERS) {
        page::balancer(&html).map_err(|why| unfit(why).hint(without(BALANCERS)))?;
    }
    if takes(CLOUDFRONT) {
        page::function_of(Some(&html)).map_err(|why| unfit(why).hint(without(CLOUDFRONT)))?;
    }
    Ok(html)
}
