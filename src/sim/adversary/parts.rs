//! Attempts that make a part of a Region as the thief wants it, one for each thing.

use std::collections::BTreeMap;

use super::moves::{Attempt, Scene};
use crate::account::{Region, Seen};

/// A kind of thing of a Region: how its ARN names it, and where the account has it.
pub(super) struct Part<T: 'static> {
    /// `ec2:network-acl`
    pub noun: &'static str,
    pub of: fn(&Region) -> &Seen<BTreeMap<String, T>>,
    pub of_mut: fn(&mut Region) -> &mut Seen<BTreeMap<String, T>>,
}

/// The ARN of a thing; of one whose id is an ARN, that.
pub(super) fn arn(scene: &Scene<'_>, region: &str, noun: &str, id: &str) -> String {
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    let (service, kind) = noun.split_once(':').unwrap_or((noun, ""));
    format!("arn:{}:{service}:{region}:{}:{kind}/{id}", scene.now.partition(), scene.now.id)
}

/// Each Region as he wants it and as it is.
pub(super) fn regions<'a>(
    scene: &'a Scene<'_>,
) -> impl Iterator<Item = (&'a String, &'a Region, &'a Region)> {
    let now = scene.now.regions.iter();
    now.filter_map(|(name, now)| Some((name, scene.wanted.regions.get(name)?, now)))
}

/// One attempt for each thing that is there and of which `take` changes something.
pub(super) fn each<T: Clone + PartialEq>(
    scene: &Scene<'_>,
    part: &Part<T>,
    action: &'static str,
    take: fn(&T, &mut T),
) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        for (id, is) in (part.of)(now).items() {
            let Some(was) = (part.of)(wanted).item(id) else { continue };
            let mut then = is.clone();
            take(was, &mut then);
            if then == *is {
                continue;
            }
            let (region, id, was, of_mut) = (region.clone(), id.clone(), was.clone(), part.of_mut);
            let asks = vec![(action, arn(scene, &region, part.noun, &id))];
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                let here = account.regions.get_mut(&region).and_then(|here| of_mut(here).read_mut());
                if let Some(item) = here.and_then(|all| all.get_mut(&id)) {
                    take(&was, item);
                }
            }));
        }
    }
    attempts
}

/// One attempt for each thing that is gone: AWS gives what is made again a new id.
pub(super) fn again<T: Clone + PartialEq>(
    scene: &Scene<'_>,
    part: &Part<T>,
    action: &'static str,
    gone: fn(&T) -> bool,
) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let Some(all) = (part.of)(now).read() else { continue };
        for (id, was) in (part.of)(wanted).items() {
            if gone(was) || all.get(id).is_some_and(|is| !gone(is)) {
                continue;
            }
            let new = format!("{id}-again");
            let (region, id, was, of_mut) = (region.clone(), id.clone(), was.clone(), part.of_mut);
            let asks = vec![(action, arn(scene, &region, part.noun, "*"))];
            attempts.push(Attempt::new(&id.clone(), asks, move |account| {
                if let Some(all) = account.regions.get_mut(&region).and_then(|here| of_mut(here).read_mut()) {
                    all.remove(&id);
                    all.insert(new.clone(), was.clone());
                }
            }));
        }
    }
    attempts
}

/// One attempt for each Region in which a part that is one whole is not as he wants it.
pub(super) fn whole<T: Clone + PartialEq + 'static>(
    scene: &Scene<'_>,
    (action, on): (&'static str, &str),
    of: fn(&Region) -> &Seen<T>,
    of_mut: fn(&mut Region) -> &mut Seen<T>,
    take: fn(&T, &mut T),
) -> Vec<Attempt> {
    let mut attempts = vec![];
    for (region, wanted, now) in regions(scene) {
        let (Some(was), Some(is)) = (of(wanted).read(), of(now).read()) else { continue };
        let mut then = is.clone();
        take(was, &mut then);
        if then == *is {
            continue;
        }
        let (name, was) = (region.clone(), was.clone());
        let attempt =
            Attempt::new(&format!("{on} in {region}"), vec![(action, "*".to_owned())], move |account| {
                if let Some(here) = account.regions.get_mut(&name).and_then(|here| of_mut(here).read_mut()) {
                    take(&was, here);
                }
            });
        attempts.push(attempt.called_in(region));
    }
    attempts
}
