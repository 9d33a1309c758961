//! A vault of AWS Backup is locked.

use crate::account::Section;
use crate::account::watchers::{LOCKED, VAULT};
use crate::checks::{Answer, Check, Facts, Group, Severity};

pub const CHECK: Check = Check {
    id: "back-vault-lock",
    group: Group::Back,
    title: "A vault of AWS Backup keeps its backups whoever wants to delete them",
    severity: Severity::Low,
    why: "Who asks for a ransom deletes the backups first, with the rights of an administrator. A locked vault deletes \
          nothing before its time.",
    fix: "aws backup put-backup-vault-lock-configuration --backup-vault-name VAULT --min-retention-days 14 \
          --changeable-for-days 3",
    needs: &[Section::Watchers],
    also: &[],
    mirrors: &["NIST 800-53 CP-9"],
    look,
};

fn look(facts: &Facts<'_>, answer: &mut Answer) {
    let regions = facts.watchers(&VAULT, answer);
    let (mut locked, mut unread, mut all) = (0, 0, 0);
    for (region, vaults) in &regions {
        for (name, vault) in vaults.iter().flat_map(|vaults| vaults.iter()) {
            all += 1;
            match vault.as_result() {
                Ok(vault) => locked += usize::from(vault.contains_key(LOCKED)),
                Err(gap) => {
                    unread += 1;
                    answer.gap(&format!("vault {name} in {region}"), gap);
                }
            }
        }
    }
    // A Region or a vault that could not be read may have a lock.
    let is_known = unread == 0 && !regions.is_empty() && regions.len() == facts.account.regions.len();
    if locked == 0 && is_known {
        let text = if all == 0 { "no Region has a vault" } else { "no vault is locked" };
        answer.fail(facts.account.id.clone(), None, text);
    }
    answer.said = format!("{locked} of {all} locked");
}
