//! Whether the records by which ACM renews a certificate are still in the account's zones.

use crate::account::dns::host;
use crate::account::{Account, Certificate};
use crate::step::Found;

/// Says which validation records are gone. A zone of another account and a zone whose records were not
/// read say nothing.
pub(super) fn of(region: &str, certificate: &Certificate, account: &Account, found: &mut Found) {
    if !certificate.renews {
        return;
    }
    let asked = certificate.validation.iter().filter(|(_, one)| one.method == "DNS");
    for (name, record) in asked.filter_map(|(name, one)| Some((name, host(one.record.as_deref()?)))) {
        let zones = account.public_zones_of(&record);
        let read = zones.iter().all(|(_, zone)| zone.records.read().is_some());
        if let [(_, zone), ..] = zones[..]
            && read
            && !zones.iter().any(|(_, zone)| zone.named(&record).any(|one| one.kind == "CNAME"))
        {
            found.matters(
                Some(region),
                format!(
                    "certificate of {name}: its validation record {record} is not in zone {}: ACM cannot renew it \
                     until the CNAME is there again",
                    zone.host()
                ),
            );
        }
    }
}
